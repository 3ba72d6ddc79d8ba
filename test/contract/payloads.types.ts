import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type { createActivities } from '../../activities';
import type * as workflows from '../../workflows';
import type * as messages from '../../workflows/messages';

// Checked by tsc: it refuses these lines where a payload is more than JSON can give back as it took it.

export type PayloadsAreJson = [
  Expect<AllJson<typeof messages.actionUpdates>>,
  Expect<AllJson<Definitions<typeof messages>>>,
  Expect<AllJson<typeof workflows>>,
  Expect<AllJson<ReturnType<typeof createActivities>>>,
];

// Their distinguishing field is checked instead.
export type OthersAreNot = [
  Expect<IsJson<{ at?: string; list: { code: 'a' | null }[] }>>,
  Refuse<IsJson<{ at?: Date }>>,
  Refuse<IsJson<{ list: Map<string, 1>[] }>>,
  Refuse<IsJson<{ x: unknown }>>,
  // oxlint-disable-next-line typescript/no-explicit-any -- the case in point
  Refuse<IsJson<{ x: any }>>,
  Refuse<AllJson<{ one: SignalDefinition<[string]>; other: SignalDefinition<[bigint]> }>>,
];

type Expect<T extends true> = T;
type Refuse<T extends false> = T;

type IsJson<T> = [T] extends [Json<T>] ? true : false;
type Json<T> = 0 extends 1 & T
  ? never // any
  : T extends string | number | boolean | null | undefined | void
    ? T
    : T extends symbol | bigint | ((...args: never[]) => unknown)
      ? never
      : T extends object
        ? { [K in keyof T]: Json<T[K]> }
        : never;

type Carried<T> =
  T extends UpdateDefinition<infer Result, infer Args>
    ? [Result, Args]
    : T extends QueryDefinition<infer Result, infer Args>
      ? [Result, Args]
      : T extends SignalDefinition<infer Args>
        ? Args
        : T extends (...args: infer Args) => Promise<infer Result>
          ? [Result, Args]
          : never;
type AllJson<T> = false extends { [K in keyof T]: IsJson<Carried<T[K]>> }[keyof T] ? false : true;

type Definition = { type: 'update' | 'signal' | 'query' };
type Definitions<T> = { [K in keyof T as T[K] extends Definition ? K : never]: T[K] };
