import { TASK_TO_DO } from '../../domain/work-queue/to-do';
import { completeTask, findTask, type Task } from '../../record/kernel/tasks';
import { listTasksOf } from '../../record/work-queue/tasks';
import type { Deps } from '../kernel/deps';
import { answerPage } from '../kernel/listing';
import { answerOk, route, type Route } from '../kernel/route';
import { describePage } from '../kernel/schemas';
import { addOldNames } from '../kernel/old-names';
import { task, taskCompletion, tasksQuery, TASK_NAMES } from './tasks-schemas';
import { checkFilter } from '../kernel/filters';

const tag = 'work queue';

const addTaskNames = addOldNames(TASK_NAMES);
const showTask = (one: Task) => addTaskNames({ ...one, do: TASK_TO_DO[one.kind] });

export const taskRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/tasks',
    summary: "List the tasks that are not an application's work item",
    tag,
    access: 'operations:read',
    namesUser: { assignee: 'filter' },
    query: tasksQuery,
    responses: { 200: { description: 'Tasks in order of creation', schema: describePage(task) } },
    handler: async ({ principal, query: { limit, cursor, ...filter } }) => {
      const { clientId, assignee } = filter;
      await checkFilter(sql, principal, { clientId, assignee });
      return answerPage(await listTasksOf(sql, principal, filter, { limit, ...(cursor && { cursor }) }), showTask);
    },
  }),
  route({
    method: 'get',
    path: '/v1/tasks/{id}',
    summary: 'Read a task',
    tag,
    access: 'operations:read',
    subject: ({ principal, params }) => findTask(sql, principal, params.id),
    responses: { 200: { description: 'The task', schema: task } },
    handler: async ({ subject }) => answerOk(showTask(subject)),
  }),
  route({
    method: 'post',
    path: '/v1/tasks/{id}/completion',
    summary: 'Complete a task',
    description: 'A task that is already closed stays as it is.',
    tag,
    access: 'applications:follow_up',
    subject: ({ principal, params }) => findTask(sql, principal, params.id),
    body: taskCompletion,
    responses: { 200: { description: 'The task', schema: task } },
    handler: async ({ principal, subject, body }) =>
      answerOk(showTask(await completeTask(sql, principal, subject, body.notes ?? null))),
  }),
];
