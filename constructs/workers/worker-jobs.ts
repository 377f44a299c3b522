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
import { ENVIRONMENT } from '../../workers/environment';
import { withoutUndefined } from '../../workers/topology';
import { longest } from '../autoscaling/behavior';
import { JOB_SCALE_DEFAULTS, type JobScale } from '../autoscaling/job-scale';
import { pauseAnnotations } from '../autoscaling/pause';
import { queueTrigger } from '../autoscaling/queue-trigger';
import { triggerAuthentication } from '../autoscaling/trigger-authentication';
import { accountNameOf, workerLabels, type WorkerPodProps, workerPodTemplate } from './pod';

export interface WorkerJobsProps extends Omit<WorkerPodProps, 'concurrency'>, JobScale {}

/** Seconds a worker without a task waits before it ends: KEDA may start one too many, because the figures it sees are 5 to 10 s old. */
const IDLE_SECONDS = 30;
/** Seconds for finding a node and pulling the image: a Job's deadline counts from its creation. */
const START_SECONDS = 600;

/** One worker group whose every task runs in a Job of its own, with the pod that a Deployment of the group would have. */
export class WorkerJobs extends Construct {
  /** Absent when the group runs under an account that exists already. */
  readonly serviceAccount: k8s.KubeServiceAccount | undefined;
  readonly authentication: TriggerAuthentication;
  readonly scaledJob: ScaledJob;
  /** Seconds after which a Job is ended, whatever it does: the hard time limit, and time to start and to wait for a task. */
  readonly activeDeadlineSeconds: number;

  constructor(scope: Construct, id: string, props: WorkerJobsProps) {
    super(scope, id);
    const { name, broker, topology, queues } = props;
    const labels = workerLabels(props).all;
    this.activeDeadlineSeconds = START_SECONDS + IDLE_SECONDS + longest('hardTimeLimitSeconds', topology, queues);
    this.serviceAccount = props.serviceAccountName === undefined ? this.createAccount(props) : undefined;
    this.authentication = triggerAuthentication(this, { name, labels, broker });
    this.scaledJob = new ScaledJob(this, 'ScaledJob', {
      metadata: { name, labels, annotations: pauseAnnotations(props.pause || undefined) },
      spec: this.renderSpec({ ...props, ...JOB_SCALE_DEFAULTS, ...withoutUndefined(props) }),
    });
  }

  private createAccount(props: WorkerJobsProps): k8s.KubeServiceAccount {
    return new k8s.KubeServiceAccount(this, 'ServiceAccount', {
      metadata: { name: accountNameOf(props), labels: workerLabels(props).all, annotations: props.serviceAccountAnnotations ?? {} },
      automountServiceAccountToken: false,
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

/** The pod that a Deployment of the group would have, as the API takes it: it ends after one task, or when none is left. */
function podTemplate(props: WorkerJobsProps): unknown {
  const { metadata, spec } = k8s.toJson_PodTemplateSpec(
    workerPodTemplate({ safeToEvict: false, ...props, concurrency: 1 }),
  ) as RenderedTemplate;
  const env = [
    { name: ENVIRONMENT.maxTasks, value: '1' },
    { name: ENVIRONMENT.idleSeconds, value: String(IDLE_SECONDS) },
  ];
  const [worker, ...others] = spec.containers;
  return {
    metadata,
    spec: { ...spec, restartPolicy: 'Never', containers: [{ ...worker, env: [...(worker?.env ?? []), ...env] }, ...others] },
  };
}

interface RenderedTemplate {
  readonly metadata: object;
  readonly spec: { readonly containers: readonly { readonly env: readonly object[] }[] };
}
