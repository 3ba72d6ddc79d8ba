import { putSettings, settingsAt, settingsHistory } from '../../record/kernel/settings';
import type { Deps } from '../kernel/deps';
import { ok, route, type Route } from '../kernel/route';
import { settings, settingsChange } from './settings-schemas';

const tag = 'settings';

export const settingsRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/settings',
    summary: 'Read the settings',
    tag,
    access: 'operations:read',
    responses: { 200: { description: 'The settings', schema: settings } },
    handler: async () => ok(settingsAt(await settingsHistory(sql))),
  }),
  route({
    method: 'patch',
    path: '/v1/settings',
    summary: 'Change the settings',
    description: 'Earlier answers stay as the settings of their time gave them.',
    tag,
    access: 'settings:write',
    body: settingsChange,
    responses: { 200: { description: 'The settings', schema: settings } },
    handler: async ({ principal, body }) => ok(await putSettings(sql, principal, body)),
  }),
];
