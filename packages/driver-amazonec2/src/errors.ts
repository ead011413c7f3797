import { cancelled, isMachinistError, MachinistError, ownerSpent } from "@machinist/core";
import type { ProviderEndpoint } from "./provider-endpoint.ts";

const throttles =
  /^(RequestLimitExceeded|Throttling(Exception)?|RequestThrottled(Exception)?|TooManyRequestsException|EC2ThrottledException)$/;
const noCapacity =
  /^(InsufficientInstanceCapacity|InsufficientCapacity|InsufficientHostCapacity|SpotMaxPriceTooLow|InsufficientCapacityOnHost)$/;
const quotas = /(LimitExceeded|Exceeded|MaxSpotInstanceCountExceeded)$/;
const wrongCredentials =
  /^(AuthFailure|InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClientException|IncompleteSignature|MissingAuthenticationToken|InvalidAccessKeyId)$/;
const expired = /^(ExpiredToken(Exception)?|RequestExpired|TokenRefreshRequired)$/;
const denied = /^(UnauthorizedOperation|AccessDenied(Exception)?|OptInRequired|PendingVerification|Blocked)$/;
const spent = /^(IdempotentInstanceTerminated|IdempotentParameterMismatch)$/;
const cutOff =
  /^(TimeoutError|RequestTimeout|NetworkingError|ECONN\w+|EPIPE|ETIMEDOUT|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_SOCKET)$/;

type SdkError = Error & { code?: string; $metadata?: { httpStatusCode?: number } };

/** EC2's own name of a failure; empty for what EC2 did not say. */
export const nameOf = (error: unknown): string => {
  const said = isMachinistError(error) ? error.cause : error;
  return said instanceof Error ? said.name : "";
};

/** A failed request in our words: what a user can do about it, or that it may pass. Secrets are in none of EC2's sentences. */
export function explained(
  thrown: unknown,
  { region, endpoint }: ProviderEndpoint,
  signal: AbortSignal,
): MachinistError {
  if (isMachinistError(thrown)) return thrown;
  if (signal.aborted) return isMachinistError(signal.reason) ? signal.reason : cancelled(signal.reason);
  const { name, message, code = "", $metadata } = thrown as SdkError;
  const status = $metadata?.httpStatusCode ?? 0;
  // The SDK's own error holds the whole exchange, signature and sockets too.
  const cause = Object.assign(new Error(message), { name, code, status });
  const where = endpoint === "" ? `EC2 in ${region}` : `EC2 at ${endpoint}`;
  if (throttles.test(name))
    return new MachinistError("amazonec2.throttled", `${where} was sent too many requests at once`, {
      cause,
      retryable: true,
      hint: "Run the same command again in a minute",
    });
  if (spent.test(name))
    return new MachinistError(ownerSpent, `The owner tag of this request was used before: ${message}`, { cause });
  if (noCapacity.test(name))
    return new MachinistError("amazonec2.capacity", `${where} has no such machine free now: ${message}`, {
      cause,
      hint: "Give another --amazonec2-zone or --amazonec2-instance-type, or --amazonec2-spot-fallback",
    });
  if (quotas.test(name))
    return new MachinistError("amazonec2.quota", `The account's quota is reached: ${message}`, {
      cause,
      hint: "Remove what is not needed (machinist prune lists what is left over), or ask for more at Service Quotas",
    });
  if (name === "CredentialsProviderError" || name === "TokenProviderError")
    return new MachinistError("amazonec2.no-credentials", "There are no AWS credentials here", {
      cause,
      hint: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile: aws configure, aws sso login",
    });
  if (wrongCredentials.test(name))
    return new MachinistError("amazonec2.credentials", `${where} does not accept the AWS credentials`, {
      cause,
      hint: "Look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_PROFILE: aws sts get-caller-identity",
    });
  if (expired.test(name))
    return new MachinistError("amazonec2.expired", "The AWS credentials are no longer valid", {
      cause,
      hint: "Get new ones: aws sso login; or look at this computer's clock",
    });
  if (denied.test(name))
    return new MachinistError(
      "amazonec2.denied",
      `The AWS credentials do not allow this: ${message.split(". Encoded")[0]}`,
      {
        cause,
        hint: "docs/drivers/amazonec2.md has the policy that machinist needs",
      },
    );
  if (code === "ENOTFOUND" && endpoint === "")
    return new MachinistError("amazonec2.region", `The EC2 API of region ${region} cannot be found`, {
      cause,
      hint: "Look at --amazonec2-region and at your network: aws ec2 describe-regions",
    });
  if (name === "OperationNotPermitted" && /disableApiTermination/.test(message)) {
    const id = /i-[0-9a-f]+/.exec(message)?.[0] ?? "INSTANCE";
    return new MachinistError("amazonec2.protected", `The instance ${id} is protected from being terminated`, {
      cause,
      hint: `Take the protection off, then run the same command again: aws ec2 modify-instance-attribute --region ${region} --instance-id ${id} --no-disable-api-termination`,
    });
  }
  if (
    /^InvalidGroup\.InUse$|^InvalidIPAddress\.InUse$|^DependencyViolation$|^IncorrectInstanceState$|^IncorrectState$/.test(
      name,
    )
  )
    return new MachinistError("amazonec2.busy", `${where} is not ready for that yet: ${message}`, {
      cause,
      hint: "Run the same command again in a minute",
      retryable: true,
    });
  if (status >= 500 || cutOff.test(name) || cutOff.test(code) || /socket hang up/.test(message))
    return new MachinistError("amazonec2.unreachable", `${where} gave no answer: ${message || name}`, {
      cause,
      hint: "Check the network and proxies (HTTPS_PROXY), then run the same command again",
      retryable: true,
    });
  return new MachinistError("amazonec2.refused", `${where} refused: ${message || name} (${name})`, {
    cause,
    hint: "Change the option that it names, then run the same command again",
  });
}
