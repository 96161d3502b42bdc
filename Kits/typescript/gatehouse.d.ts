/** The base of all errors of this module. */
export class GatehouseError extends Error {}
/** The access token is not accepted; answer 401. The message is for the log, not for the client. */
export class InvalidToken extends GatehouseError {}
/** Gatehouse no longer accepts the user's access token, for example because its session has ended; answer 401. */
export class UserTokenRefused extends GatehouseError {}
/** This server's credentials, the resource or the upstream's name is wrong; an operator has to act. */
export class Misconfigured extends GatehouseError {}
/** The access token is valid, and lacks scopes; answer 403. */
export class InsufficientScope extends GatehouseError {
  readonly required: string[];
}
/** Gatehouse or the provider does not answer now. */
export class Unavailable extends GatehouseError {
  /** In seconds, if it is known. */
  readonly retryAfter?: number;
}
/** The user has to connect the upstream, or connect it again; pass `connectURI` unchanged to the user. */
export class ConnectRequired extends GatehouseError {
  readonly upstream: string;
  readonly reason: "not_connected" | "reauth_required" | "scope_missing";
  readonly connectURI: string;
  readonly missingScopes: string[];
}

/** A verified access token. */
export interface AccessToken {
  readonly token: string;
  readonly subject: string;
  readonly clientID: string;
  readonly scopes: string[];
  readonly audience: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  readonly session?: string;
  readonly claims: Record<string, unknown>;
}

/** A user's token at a provider. */
export interface UpstreamToken {
  readonly accessToken: string;
  readonly upstream: string;
  readonly scopes: string[];
  /** The user's identifier at the provider. */
  readonly account?: string;
  /** A name of the account to show, if there is one. */
  readonly accountName?: string;
  /** The header field where the provider's API expects the token as it is; without one it is a bearer token. */
  readonly header?: string;
  /** What the provider's API needs beside the token, such as `instance_url`. */
  readonly fields: Record<string, string>;
  /** Until when it is used again, in seconds since 1970. */
  readonly useUntil: number;
}

/** RFC 7517 §5: the published keys, by `kid`. Keys that cannot verify our tokens are skipped. */
export class KeySet {
  static of(document: unknown): Promise<KeySet>;
  has(name: string): boolean;
}

/** Verifies a token without any network; throws `InvalidToken` or `InsufficientScope`. */
export function verify(
  token: string,
  keys: KeySet,
  options: { issuer: string; audience: string; now: number; skew?: number; scopes?: readonly string[] },
): Promise<AccessToken>;

/** Throws `InsufficientScope` unless the token has all of these. */
export function requireScopes(token: AccessToken, scopes: readonly string[]): void;

export interface GatehouseOptions {
  /** Gatehouse's issuer, exactly as its metadata spells it. */
  issuer: string;
  /** This MCP server's URI, the `aud` of its tokens. */
  resource: string;
  clientID: string;
  clientSecret: string;
  /** The scopes that every request needs. */
  scopes?: readonly string[];
  /** How much the clocks may differ, in seconds; 5 without it. */
  skew?: number;
  fetch?: typeof fetch;
  /** Seconds since 1970. */
  now?: () => number;
}

/** An HTTP answer, in parts that every framework takes. */
export interface Refusal {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Verifies the access tokens of one resource and retrieves its users' upstream tokens. One per process is enough. */
export class Gatehouse {
  constructor(options: GatehouseOptions);
  readonly resource: string;
  /** The path of the protected-resource metadata (RFC 9728). */
  readonly metadataPath: string;
  /** Throws `InvalidToken`, `InsufficientScope` or `Unavailable`. */
  verify(token: string, scopes?: readonly string[]): Promise<AccessToken>;
  /** The token of a request's Authorization field, or the answer that refuses the request. */
  guard(
    authorization: string | null | undefined,
    scopes?: readonly string[],
  ): Promise<{ token: AccessToken; refusal?: undefined } | { token?: undefined; refusal: Refusal }>;
  /**
   * Begins to learn of ended sessions and revoked tokens, which `verify` and `guard` refuse from then on.
   *
   * Resolves once everything is known that has ended so far; rejects with `Unavailable` or `Misconfigured` if that
   * fails. What ends later is awaited in the background, and tried again whenever Gatehouse does not answer. Call it at
   * the start of each process; Gatehouse needs `shared_signals: {enabled: true}`.
   */
  followRevocations(): Promise<void>;
  /** Ends what `followRevocations` began. */
  close(): Promise<void>;
  /** RFC 8414. */
  metadata(): Promise<Record<string, unknown>>;
  /** RFC 9728: the protected-resource metadata. */
  resourceMetadata(): Record<string, unknown>;
  /** The value of `WWW-Authenticate`. */
  challenge(error?: string, scopes?: readonly string[]): string;
  /**
   * The user's token at an upstream, cached until shortly before it expires; concurrent calls cause one request. Throws
   * `ConnectRequired`, `UserTokenRefused`, `Unavailable` or `Misconfigured`.
   */
  upstreamToken(
    userToken: string,
    upstream: string,
    options?: { scopes?: readonly string[]; account?: string },
  ): Promise<UpstreamToken>;
  /** Tells Gatehouse that the upstream's API answered 401; the next retrieval brings another token. */
  reportInvalid(userToken: string, upstream: string, token: UpstreamToken): Promise<void>;
  /** `fetch` with the user's upstream token; after a 401 it reports the token and tries once more. */
  fetchUpstream(
    userToken: string,
    upstream: string,
    input: string | URL,
    init?: RequestInit,
    options?: { scopes?: readonly string[]; account?: string },
  ): Promise<Response>;
}

/**
 * The result of an MCP tool whose user has to connect an account first (URL-mode elicitation, protocol 2026-07-28): the
 * client opens the page and then repeats the call.
 */
export function connectRequest(error: ConnectRequired): {
  resultType: "input_required";
  inputRequests: Record<string, { method: "elicitation/create"; params: { mode: "url"; message: string; url: string } }>;
};
