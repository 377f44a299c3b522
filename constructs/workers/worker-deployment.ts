import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { gracePeriodOf } from './container';
import { createDisruptionBudget } from './disruption-budget';
import { accountNameOf, workerLabels, workerPodTemplate, type WorkerPodProps } from './pod';
import { renderRollout } from './rollout';
import { type SidecarOptions, WorkerSidecar } from './sidecar';

export interface WorkerDeploymentProps extends WorkerPodProps {
  /** Number of workers; leave it out when an autoscaler sets it, or the two fight at every apply. */
  readonly replicas?: number;
}

/** One worker group: the pods that run the tasks of some queues. */
export class WorkerDeployment extends Construct {
  /** Absent when the group runs under an account that exists already. */
  readonly serviceAccount: k8s.KubeServiceAccount | undefined;
  /** Name of the account the workers run under. */
  readonly serviceAccountName: string;
  readonly deployment: k8s.KubeDeployment;
  readonly disruptionBudget: k8s.KubePodDisruptionBudget | undefined;
  /** Longest of the queues' grace periods, in seconds. */
  readonly gracePeriodSeconds: number;

  private readonly metadata: { readonly name: string; readonly labels: Record<string, string> };

  constructor(
    scope: Construct,
    id: string,
    private readonly props: WorkerDeploymentProps,
  ) {
    super(scope, id);
    this.metadata = { name: props.name, labels: workerLabels(props).all };
    this.gracePeriodSeconds = gracePeriodOf(props);
    this.serviceAccountName = accountNameOf(props);
    this.serviceAccount = props.serviceAccountName === undefined ? this.createAccount() : undefined;
    this.deployment = this.createDeployment();
    this.disruptionBudget = this.createDisruptionBudget();
  }

  /** Whether its workers write their pods' deletion cost. */
  get writesDeletionCost(): boolean {
    return this.props.deletionCost ?? false;
  }

  /** Labels that select its pods. */
  get selector(): Record<string, string> {
    return workerLabels(this.props).selector;
  }

  /** A worker of this group for the pod of a program of yours. */
  sidecar(options: SidecarOptions = {}): WorkerSidecar {
    return new WorkerSidecar(this.props, options);
  }

  private createAccount(): k8s.KubeServiceAccount {
    const { serviceAccountAnnotations = {} } = this.props;
    return new k8s.KubeServiceAccount(this, 'ServiceAccount', {
      metadata: { ...this.metadata, annotations: serviceAccountAnnotations },
      automountServiceAccountToken: false,
    });
  }

  private createDeployment(): k8s.KubeDeployment {
    const { replicas, rollout = {} } = this.props;
    return new k8s.KubeDeployment(this, 'Deployment', {
      metadata: this.metadata,
      spec: {
        replicas,
        ...renderRollout(rollout, this.gracePeriodSeconds),
        selector: { matchLabels: workerLabels(this.props).selector },
        template: workerPodTemplate(this.props),
      },
    });
  }

  private createDisruptionBudget(): k8s.KubePodDisruptionBudget | undefined {
    const { disruptionBudget } = this.props;
    return disruptionBudget && createDisruptionBudget(this, this.metadata, workerLabels(this.props).selector, disruptionBudget);
  }
}
