import { proxySinks, type Sinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';
import type { Progress } from '../../../domain/applications/progress';
import { ApplicationRun, type Part } from '../../../workflows/application-run';

export * from '../../../workflows';

/** The sinks to which a replayed run of an application writes what it knows. */
export interface ProgressSinks extends Sinks {
  observed: { progress(progress: Progress): void };
}

const { observed } = proxySinks<ProgressSinks>();

let run: ApplicationRun | undefined;
function observe(one: ApplicationRun): void {
  run = one;
}

const remainInPart = Reflect.get(ApplicationRun.prototype, 'remainInPart');
ApplicationRun.prototype.remainInPart = function (this: ApplicationRun, part: Part) {
  observe(this);
  return remainInPart.call(this, part);
};

export const interceptors: WorkflowInterceptorsFactory = () => ({
  internals: [
    {
      concludeActivation(input, next) {
        if (run) observed.progress(run.progress);
        return next(input);
      },
    },
  ],
});
