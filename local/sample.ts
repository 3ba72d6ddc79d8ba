import type { Api } from './http';

export async function loadSample(api: Api): Promise<void> {
  await api.get('/v1/payers');
}
