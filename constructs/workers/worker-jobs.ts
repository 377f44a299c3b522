import { App, Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  ScaledJob,
  type ScaledJobSpec,
  ScaledJobSpecRolloutStrategy as Rollout,
  ScaledJobSpecScalingStrategyMultipleScalersCalculation as Calculation,
  ScaledJobSpecScalingStrategyStrategy as Strategy,
  type TriggerAuthentication,
} from '../../imports/keda.sh';
import { JOB_ENVIRONMENT } from '../../workers/environment';
import { withoutUndefined } from '../../workers/topology';
import { longest } from '../autoscaling/behavior';
import { JOB_SCALE_DEFAULTS, type JobScale } from '../autoscaling/job-scale';
import { pauseAnnotations } from '../autoscaling/pause';
import { queueTrigger } from '../autoscaling/queue-trigger';
import { triggerAuthentication } from '../autoscaling/trigger-authentication';
import { labelsOf, serviceAccount } from '../pod';
import { WORKER_COMPONENT, WorkerDeployment, type WorkerDeploymentProps } from './worker-deployment';

export interface WorkerJobsProps extends Omit<WorkerDeploymentProps, 'concurrency' | 'replicas'>, JobScale {}

/** Seconds a worker without a task waits before it ends: KEDA may start one too many, because the figures it sees are 5 to 10 s old. */
const IDLE_SECONDS = 30;
/** Seconds for finding a node and pulling the image: a Job's deadline counts from its creation. */
const START_SECONDS = 600;
/** Keeps the cluster autoscaler from removing the node under a task (its FAQ, "types of pods that prevent it from removing a node"). */
const NOT_EVICTED = { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' };

/** One worker group whose every task runs in a Job of its own, with the pod that a Deployment of the group would have. */
export class WorkerJobs extends Construct {
  readonly serviceAccount: k8s.KubeServiceAccount;
  readonly authentication: TriggerAuthentication;
  readonly scaledJob: ScaledJob;
  /** Seconds after which a Job is ended, whatever it does: the hard time limit, and time to start and to wait for a task. */
  readonly activeDeadlineSeconds: number;

  constructor(scope: Construct, id: string, props: WorkerJobsProps) {
    super(scope, id);
    const { name, partOf, broker, topology, queues } = props;
    const labels = labelsOf(name, WORKER_COMPONENT, partOf).all;
    this.activeDeadlineSeconds = START_SECONDS + IDLE_SECONDS + longest('hardTimeLimitSeconds', topology, queues);
    this.serviceAccount = serviceAccount(this, name, labels);
    this.authentication = triggerAuthentication(this, { name, labels, broker });
    this.scaledJob = new ScaledJob(this, 'ScaledJob', {
      metadata: { name, labels, annotations: pauseAnnotations(props.pause || undefined) },
      spec: this.renderSpec({ ...props, ...JOB_SCALE_DEFAULTS, ...withoutUndefined(props) }),
    });
  }

  private renderSpec(props: WorkerJobsProps & Required<JobScale>): ScaledJobSpec {
    const history = { ...JOB_SCALE_DEFAULTS.history, ...withoutUndefined(props.history) };
    return {
      jobTargetRef: {
        parallelism: 1,
        completions: 1,
        activeDeadlineSeconds: this.activeDeadlineSeconds,
        backoffLimit: props.backoffLimit,
        ttlSecondsAfterFinished: props.ttlSeconds,
        template: podTemplate(props),
      },
      pollingInterval: props.pollingSeconds,
      maxReplicaCount: props.max,
      successfulJobsHistoryLimit: history.successful,
      failedJobsHistoryLimit: history.failed,
      // Otherwise KEDA ends every running Job when this object changes (KEDA documentation, ScaledJob, rollout).
      rollout: { strategy: Rollout.GRADUAL },
      scalingStrategy: {
        // Messages less Jobs: right because the messages of running Jobs are counted, too. `accurate` and `eager` take them for waiting ones
        // and start a surplus Job for each at every look (scale_jobs.go, KEDA 2.20.2).
        strategy: Strategy.DEFAULT,
        multipleScalersCalculation: Calculation.SUM,
      },
      triggers: props.queues.map((queue, index) =>
        queueTrigger({ ...props, protocol: 'http', authentication: props.name }, queue, index, 1),
      ),
    };
  }
}

/**
 * The pod template of the group's Deployment, made aside and never rendered: a worker's pod is described in one place, whatever starts it.
 * @returns it as the API takes it
 */
function podTemplate(props: WorkerJobsProps): unknown {
  const aside = new Chart(new App(), 'aside', { namespace: 'aside' });
  const { deployment } = new WorkerDeployment(aside, 'Workers', { ...props, concurrency: 1 });
  const { metadata, spec } = deployment.toJson().spec.template;
  const env = [
    { name: JOB_ENVIRONMENT.maxTasks, value: '1' },
    { name: JOB_ENVIRONMENT.idleSeconds, value: String(IDLE_SECONDS) },
  ];
  const [worker, ...others] = spec.containers;
  return {
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...NOT_EVICTED } },
    spec: { ...spec, restartPolicy: 'Never', containers: [{ ...worker, env: [...worker.env, ...env] }, ...others] },
  };
}
