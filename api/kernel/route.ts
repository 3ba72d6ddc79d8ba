import type { z } from 'zod';
import type { Principal } from '../../record/kernel/principal';
import type { User } from '../../record/registry/users';
import type { FieldError } from './errors';
import type { Answer } from './idempotency';
import type { Permission } from './policy';
import { id } from './schemas';

export type { Answer } from './idempotency';
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The names in braces of a path. */
type ParamsOf<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? { [K in Name]: string } & ParamsOf<Rest>
  : unknown;

/** A file on its way in. */
export interface Upload {
  /** The media type that its sender names. */
  type: string;
  bytes: AsyncIterable<Uint8Array>;
}

/** The part of a request that is known before the body is looked at. */
interface Scope<Params> {
  principal: Principal;
  params: Params;
}

interface RouteRequest<Params, Subject, Query, Body> extends Scope<Params> {
  subject: Subject;
  query: Query;
  body: Body;
  /** The body of a route that takes a file and reads it whole; otherwise empty. */
  file: Buffer;
  /** The body as it arrives, and what it says to be, of a route whose file is streamed. */
  upload: Upload;
  /** The id that what this request does is recorded under; a retry with its Idempotency-Key has the same. */
  commandId: string;
  /** Answers 412 if the request's If-Match doesn't name this version; the version if it does. */
  ifMatch: (version: number) => number | undefined;
}

/**
 * One route, declared as data: router and OpenAPI document both come from it. For each request, in this order: path
 * parameters (each an id unless `params` says otherwise; 404), `subject` (what the path names, null if the caller may
 * not see it; 404), `access` and `actsFor` (403), query and body (400), `handler`.
 */
interface RouteSpec<Path extends string, Subject, Query, Body> {
  method: Method;
  path: Path;
  summary: string;
  description?: string;
  tag: string;
  /** `public` only outside /v1. */
  access: Permission | 'public';
  /** Whether the bootstrap admin may, where people sign in: what it takes to let the first admin in. */
  forSetUp?: boolean;
  params?: Partial<Record<keyof ParamsOf<Path>, z.ZodType<string>>>;
  subject?: (scope: Scope<ParamsOf<Path>>) => Promise<Subject | null>;
  /** The user for whom it acts: a caller who sees but does not manage them is refused (403). */
  actsFor?: (subject: Subject) => Pick<User, 'role' | 'clientIds'>;
  /** The users whom its query or body names, by the path of the field. A contract test holds all fields against it. */
  namesUser?: Record<string, NamedUser>;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  /**
   * Lists the contradictions of query and body with the subject, as far as they alone tell. It is asked if something is
   * of a bad form, so that one answer names all of it: each field is as it came. If the form is right the handler asks,
   * unless it is a retry.
   */
  contradicts?: (of: { subject: Subject; given: Record<string, unknown> }) => FieldError[];
  /**
   * Instead of a JSON body: a file of at most `maxBytes`, what it may say to be (the first of the types is what the
   * description names), and what is in it. `streamed`: the handler reads it as it arrives, and counts.
   */
  file?: { types: readonly [string, ...string[]]; maxBytes: number; description: string; streamed?: true };
  /** The cost of a request, where that is more than its kind's (api/kernel/costs.ts). */
  cost?: (given: { query: Query; body: Body; file: Buffer }) => number;
  /**
   * A secret in the good answer, under this name. The handler's answer, which is kept for retries, is without it: each
   * attempt reads it anew by the command that made it, as long as it may be shown.
   */
  secret?: { name: string; read: (commandId: string) => Promise<string | null> };
  /**
   * The good answers by status, with the content types that are `also` to be had, or alone, if there is no schema; the
   * problems are added by themselves.
   */
  responses: Record<number, { description: string; schema?: z.ZodType; also?: string[] }>;
  /** Statuses of problems that path, method and body don't tell of. */
  problems?: number[];
  handler: (request: RouteRequest<ParamsOf<Path>, Subject, Query, Body>) => Promise<Answer>;
}

/**
 * How far a caller has to reach for a user whom a query or body names: one that narrows a list shows no more for it; a
 * worker is given work of a client that both the caller and they see; a user who does a colleague's work is managed.
 */
type NamedUser = 'filter' | 'worker' | 'managed';

/** A route whose types have served their purpose. */
export type Route = RouteSpec<string, unknown, unknown, unknown>;

/** Describes a route; the handler's request is typed by the path, the subject and the schemas. */
export const route = <Path extends string, Subject = undefined, Query = undefined, Body = undefined>(
  spec: RouteSpec<Path, Subject, Query, Body>,
): Route => spec as Route;

/** Finds the schema of a parameter of a route's path: an id, unless the route says otherwise. */
export const findParamSchema = ({ params }: Route, name: string): z.ZodType<string> =>
  (params as Record<string, z.ZodType<string>> | undefined)?.[name] ?? id;

export const answerOk = (body: unknown): Answer => ({ status: 200, body });
export const answerCreated = (location: string, body: unknown): Answer => ({ status: 201, location, body });
export const answerNoContent = (): Answer => ({ status: 204 });
