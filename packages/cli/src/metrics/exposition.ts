import type { MachineState } from "@machinist/core";
import type { EndingCertificate, MachineView } from "@machinist/fleet";

/** What is told of, as of one look. */
export interface Measured {
  readonly views: readonly MachineView[];
  readonly certificates: readonly EndingCertificate[];
  /** ms since 1970. */
  readonly now: number;
}

type Labels = { readonly [name: string]: string };
type Sample = readonly [labels: Labels, value: number];

const states: readonly MachineState[] = [
  ...(["running", "stopped", "paused", "saved", "starting"] as const),
  ...(["stopping", "error", "missing", "unknown"] as const),
];

/**
 * Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/): every machine with its state, its
 * Docker, what is wrong and how long things last. Pure.
 */
export function exposition({ views, certificates, now }: Measured): string {
  const about = ({ name, info }: MachineView): Labels => ({
    machine: name,
    fleet: info?.fleet ?? "",
    driver: info?.driver ?? "",
  });
  const of = (value: (view: MachineView) => number | undefined): Sample[] =>
    views.flatMap((view) => {
      const measured = value(view);
      return measured === undefined ? [] : [[about(view), measured] as const];
    });
  return [
    family("machinist_machine_state", "1 for the state that a machine is in", [
      ...views.flatMap((view) =>
        states.map((state): Sample => [{ ...about(view), state }, Number(view.state === state)]),
      ),
    ]),
    family("machinist_machine_info", "What a machine is", [
      ...views.map((view): Sample => {
        const { info, dockerVersion = "" } = view;
        return [{ ...about(view), docker: dockerVersion, swarm: info?.swarm ?? "", url: info?.url ?? "" }, 1];
      }),
    ]),
    family(
      "machinist_machine_docker_up",
      "1 where Docker answers over mutual TLS",
      of(({ info, dockerVersion }) => (info?.engine === false ? undefined : Number(dockerVersion !== undefined))),
    ),
    family(
      "machinist_machine_incomplete",
      "1 where not all that was declared is ready",
      of(({ info }) => info && Number(info.incomplete)),
    ),
    family(
      "machinist_machine_response_seconds",
      "How long it took to ask a machine",
      of(({ responseMs }) => responseMs / 1000),
    ),
    family(
      "machinist_machine_created_timestamp_seconds",
      "When a machine was first asked for",
      of(({ info }) => info && info.createdAt / 1000),
    ),
    family(
      "machinist_machine_lease_seconds",
      "How long a machine's lease still runs; negative once it has ended",
      of(({ info }) => (info?.leaseUntil === undefined ? undefined : (info.leaseUntil - now) / 1000)),
    ),
    family(
      "machinist_certificate_expiry_timestamp_seconds",
      "When a certificate ends",
      certificates.map(({ what, name, expires }): Sample => [{ what, name }, Date.parse(expires) / 1000]),
    ),
  ].join("");
}

function family(name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return "";
  const lines = samples.map(([labels, value]) => `${name}{${written(labels)}} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ""].join("\n");
}

const written = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`)
    .join(",");
