import { isMachinistError, MachinistError } from "@machinist/core";

/** The cause of a `docker.http` error: what the engine answered. */
export class EngineAnswer extends Error {
  override readonly name = "EngineAnswer";
  /** HTTP status, ≥ 400. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Who a failure is about. `machine` makes messages and hints name it. */
export interface Subject {
  readonly url: string;
  readonly machine?: string | undefined;
}

const CERTIFICATE_CODES = new Set([
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "EPROTO",
  "INVALID_PURPOSE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

const isCertificateCode = (code: string): boolean =>
  CERTIFICATE_CODES.has(code) ||
  code.startsWith("ERR_SSL_") ||
  code.startsWith("ERR_TLS_") ||
  code.startsWith("ERR_OSSL_");

const REASONS: { readonly [code: string]: string } = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  ETIMEDOUT: "no answer came",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no route to it",
  ENOTFOUND: "its name is not known",
  EAI_AGAIN: "its name could not be looked up",
};

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
};

const nameOf = (subject: Subject): string =>
  subject.machine === undefined ? `Docker at ${subject.url}` : `Docker on ${subject.machine} (${subject.url})`;

/** A failed connection as `docker.tls` or `docker.unreachable`. */
export function connectionFailure(subject: Subject, error: unknown): MachinistError {
  if (isMachinistError(error)) return error;
  const code = codeOf(error);
  if (isCertificateCode(code)) return certificateFailure(subject, code, error);
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
  return new MachinistError("docker.unreachable", `${nameOf(subject)} cannot be reached: ${reason}`, {
    cause: error,
    retryable: true,
    ...(subject.machine === undefined ? {} : { hint: `Check its state: machinist status ${subject.machine}` }),
  });
}

function certificateFailure(subject: Subject, code: string, cause: unknown): MachinistError {
  const why =
    code === "CERT_HAS_EXPIRED"
      ? "its certificate has expired"
      : code === "ERR_TLS_CERT_ALTNAME_INVALID"
        ? "its certificate is for another address"
        : code === "EPROTO" || code.includes("WRONG_VERSION") || code.includes("PACKET_LENGTH")
          ? "it does not speak TLS there"
          : code.includes("ALERT")
            ? "it refused our certificate"
            : "its certificate is not one we trust";
  return new MachinistError("docker.tls", `No secure connection to ${nameOf(subject)}: ${why}`, {
    cause,
    hint: `Make new certificates: machinist regenerate-certs ${subject.machine ?? "NAME"}`,
  });
}

/** The engine said no. */
export function answerFailure(subject: Subject, status: number, body: string): MachinistError {
  const said = engineMessage(body) ?? `status ${status}`;
  return new MachinistError("docker.http", `${nameOf(subject)} answered: ${said}`, {
    cause: new EngineAnswer(status, said),
    // 503 is also how an engine says "not a swarm manager", which no waiting changes.
    retryable: status === 429 || status === 502 || status === 504,
  });
}

function engineMessage(body: string): string | undefined {
  const text = body.trim();
  if (text === "") return undefined;
  try {
    const said = JSON.parse(text) as { message?: unknown } | string | null;
    if (said === "" || said === null) return undefined;
    const message = typeof said === "string" ? said : said.message;
    if (typeof message === "string" && message !== "") return message.trim();
  } catch {
    // Proxies and engines without the API answer in plain text.
  }
  return text.slice(0, 500);
}

/** Why a request ended before its answer: the caller's abort, or our deadline. */
export function abortFailure(subject: Subject, signal: AbortSignal | undefined, timeoutMs: number): MachinistError {
  const reason: unknown = signal?.aborted === true ? signal.reason : undefined;
  if (isMachinistError(reason)) return reason;
  if (signal?.aborted === true && !(reason instanceof Error && reason.name === "TimeoutError"))
    return new MachinistError("cancelled", "The operation was cancelled", { cause: reason });
  return new MachinistError("docker.unreachable", `${nameOf(subject)} did not answer within ${timeoutMs} ms`, {
    retryable: true,
    ...(reason === undefined ? {} : { cause: reason }),
  });
}
