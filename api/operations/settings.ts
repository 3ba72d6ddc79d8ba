import { findLogo, putLogo, putSettings, findSettings, listSettingsVersions } from '../../record/kernel/settings';
import type { Deps } from '../kernel/deps';
import { refuseFields } from '../kernel/errors';
import { answerNoContent, answerOk, route, type Route } from '../kernel/route';
import { isDrawable } from '../../papers/pdf-layout';
import { logo, settings, settingsChange } from './settings-schemas';

const tag = 'settings';

export const settingsRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/settings',
    summary: 'Read the settings',
    tag,
    access: 'operations:read',
    responses: { 200: { description: 'The settings', schema: settings } },
    handler: async () => answerOk(findSettings(await listSettingsVersions(sql))),
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
    handler: async ({ principal, body }) => answerOk(await putSettings(sql, principal, body)),
  }),
  route({
    method: 'get',
    path: '/v1/settings/logo',
    summary: 'Read the operator’s logo',
    tag,
    access: 'operations:read',
    subject: () => findLogo(sql),
    responses: { 200: { description: 'The logo', schema: logo } },
    problems: [404],
    handler: async ({ subject }) => answerOk({ jpeg: subject.toString('base64') }),
  }),
  route({
    method: 'put',
    path: '/v1/settings/logo',
    summary: 'Set the operator’s logo',
    description: 'It stands, with `operatorName`, at the head of every paper.',
    tag,
    access: 'settings:write',
    body: logo,
    responses: { 200: { description: 'The logo', schema: logo } },
    handler: async ({ principal, body }) => {
      const image = Buffer.from(body.jpeg, 'base64');
      if (!isDrawable(image)) throw refuseFields({ path: 'jpeg', rule: 'jpeg', message: 'must be a JPEG image' });
      await putLogo(sql, principal, image);
      return answerOk(body);
    },
  }),
  route({
    method: 'delete',
    path: '/v1/settings/logo',
    summary: 'Remove the operator’s logo',
    tag,
    access: 'settings:write',
    responses: { 204: { description: 'Papers have no logo' } },
    handler: async ({ principal }) => {
      await putLogo(sql, principal, null);
      return answerNoContent();
    },
  }),
];
