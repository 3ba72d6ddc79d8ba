export const LAYERS: readonly string[];
export const SUBJECTS: readonly string[];
export const BESIDE_ROOMS: string;
