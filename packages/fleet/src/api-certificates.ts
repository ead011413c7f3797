import type { Run } from "@machinist/core";
import type { Grant } from "@machinist/provision";
import type { Outcome, RunControl } from "./api-outcome.ts";

/** A certificate that ends within 30 days, or has ended. */
export interface EndingCertificate {
  readonly what: "ca" | "client" | "server" | "person";
  /** The machine's or the person's name; empty for the CA and the client certificate of the store. */
  readonly name: string;
  /** ISO 8601. */
  readonly expires: string;
  /** Whole days until then; negative once it has ended. */
  readonly days: number;
  readonly message: string;
  /** The command that makes a new one. */
  readonly hint: string;
}

/** Whom to give access: a certificate of their own, and engines that accept it. */
export interface AccessRequest {
  /** 1-63 letters, digits, `.`, `_`, `-`. */
  readonly name: string;
  /** How long the certificate is good for. Default 365. */
  readonly days?: number;
  /** Where; neither: on all machines of the store, later ones too. */
  readonly machines?: readonly string[];
  readonly fleets?: readonly string[];
  /** Where to put what the person needs: a new folder, or a file `….tar.gz`. */
  readonly output: string;
}

/** A person with access, and what is known of where it holds. From the store alone. */
export interface AccessView extends Omit<Grant, "cert" | "authorities"> {
  /** Machines whose engines accepted the certificate when they were last looked at. */
  readonly accepted: readonly string[];
  /** Machines that have not followed yet: they should accept it, or accept it no more. */
  readonly pending: readonly string[];
  /** The ca.pem that they were handed lacks the CA of a change that was prepared or is under way. */
  readonly lacksCa: boolean;
}

/** A ca.pem with the present CA and the next one, and those whom to give it before the change. */
export interface PreparedAuthority {
  readonly path: string;
  readonly people: readonly string[];
}

/** The store's CA, and the people who have access. */
export interface CertificateActions {
  /**
   * Another CA for the store and all its machines, in three phases; the old one and all it signed is refused at the end.
   * Goes on with a change that was interrupted, or that did not reach every machine.
   */
  rotateAuthority(options?: RunControl): Run<Outcome>;
  /** Write a ca.pem for people to have before the CA changes. Throws `access.output`, `certs.changing`, `store.locked`. */
  prepareAuthority(output: string, options?: RunControl): Promise<PreparedAuthority>;
  /** Who has access and would not trust engines any more once {@link rotateAuthority} is called. From the store alone. */
  peopleCutOff(): Promise<string[]>;
  /** Certificates that end within 30 days. From the store alone. */
  certificates(): Promise<EndingCertificate[]>;
  /** Throws `access.name`, `access.days`, `access.exists`, `access.output`, `machine.unknown`, `fleet.unknown`. */
  grantAccess(request: AccessRequest, options?: RunControl): Run<Outcome>;
  /** Have a person's certificate refused everywhere. Nobody else's changes. Throws `access.unknown`. */
  revokeAccess(name: string, options?: RunControl): Run<Outcome>;
  access(): Promise<AccessView[]>;
}
