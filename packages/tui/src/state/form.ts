import type { Data, DriverModule, OptionSchema } from "@machinist/core";
import { checkMachineName } from "@machinist/fleet";
import { checkOption, coerce } from "@machinist/options";
import type { Row } from "./rows.ts";
import type { Table } from "./table.ts";

/** A driver as plain data: what a form needs of it. */
export interface DriverChoice {
  readonly name: string;
  readonly description: string;
  readonly options: DriverModule["options"]["properties"];
  readonly required: readonly string[];
}

/** What is filled in for machines that are to be made. A field that is not among `values` has its default. */
export interface Form {
  readonly drivers: readonly DriverChoice[];
  readonly driver: string;
  readonly values: { readonly [field: string]: string };
}

/** One line of a form. */
export interface Field {
  readonly key: string;
  readonly label: string;
  readonly schema: OptionSchema;
  readonly required: boolean;
}

const own: readonly Field[] = [
  { key: "name", label: "name", required: true, schema: { type: "string", description: "Its name" } },
  {
    key: "count",
    label: "how many",
    required: false,
    schema: {
      type: "integer",
      description: "More than one: NAME-1, NAME-2 and so on",
      default: 1,
      minimum: 1,
      maximum: 100,
    },
  },
];
const engine: Field = {
  key: "docker",
  label: "docker",
  required: false,
  schema: { type: "boolean", description: "Install Docker on it", default: true },
};

/** The key of the line that is not filled in but done. */
export const submitKey = "submit";
/** Options of drivers begin with this, so that none is taken for a field of the form's own. */
const optionPrefix = "option ";

export const openForm = (drivers: readonly DriverChoice[]): Form => ({
  drivers,
  driver: drivers[0]?.name ?? "",
  values: {},
});

const driverOf = ({ drivers, driver }: Form): DriverChoice | undefined => drivers.find(({ name }) => name === driver);

/** All lines that can be filled in: the machine's own, then the driver's options, those that must be given first. */
export function fieldsOf(form: Form): Field[] {
  const driver = driverOf(form);
  const names = form.drivers.map(({ name }) => name);
  const which: OptionSchema = {
    type: "string",
    description: driver?.description ?? "",
    enum: names,
    default: form.driver,
  };
  const options = Object.entries(driver?.options ?? {})
    .filter(([, schema]) => schema["x-unused"] === undefined)
    .map(([name, schema]): Field => {
      const required = driver?.required.includes(name) ?? false;
      return { key: `${optionPrefix}${name}`, label: name, schema, required };
    })
    .sort((a, b) => Number(b.required) - Number(a.required));
  return [...own, { key: "driver", label: "driver", required: false, schema: which }, engine, ...options];
}

export const fieldAt = (form: Form, key: string): Field | undefined =>
  fieldsOf(form).find((field) => field.key === key);

/** What a field says now: what was given, or its default. */
export const textOf = (form: Form, { key, schema }: Field): string =>
  key === "driver" ? form.driver : (form.values[key] ?? defaultText(schema));

const defaultText = ({ default: standard }: OptionSchema): string =>
  Array.isArray(standard) ? standard.join(",") : standard === undefined ? "" : String(standard);

/** Why a field cannot stay as it is; undefined where it can. */
export function faultOf(form: Form, field: Field, taken: (name: string) => boolean): string | undefined {
  const given = form.values[field.key];
  if (field.key === "name") return given === undefined ? "Needed" : nameFault(form, taken);
  if (given === undefined) return field.required && !fromEnvironment(field) ? "Needed" : undefined;
  return checkOption(field.label, field.schema, coerce(field.schema.type, given));
}

/** What is not given may come from the environment: only the driver can tell. */
const fromEnvironment = ({ schema }: Field): boolean => schema["x-env"] !== undefined;

function nameFault(form: Form, taken: (name: string) => boolean): string | undefined {
  for (const name of namesOf(form)) {
    if (taken(name)) return `There is a machine ${name} already`;
    try {
      checkMachineName(name);
    } catch (thrown) {
      return (thrown as Error).message;
    }
  }
  return undefined;
}

/** The machines that are asked for. */
export function namesOf({ values }: Form): string[] {
  const name = (values.name ?? "").trim();
  const count = Number(values.count ?? 1);
  if (!Number.isInteger(count) || count < 2 || count > 100) return [name];
  return Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
}

/** What was given to the driver, each value as its type. */
export function optionsOf(form: Form): Data {
  const given = fieldsOf(form).flatMap(({ key, label, schema }) => {
    const text = form.values[key];
    return text === undefined || !key.startsWith(optionPrefix) ? [] : [[label, coerce(schema.type, text)] as const];
  });
  return Object.fromEntries(given);
}

export const wantsDocker = ({ values }: Form): boolean => coerce("boolean", values.docker ?? "true") !== false;

export function formTable(form: Form, taken: (name: string) => boolean): Table {
  const rows = fieldsOf(form).map((field): Row => {
    const fault = faultOf(form, field, taken);
    const given = field.key in form.values;
    return {
      key: field.key,
      cells: [
        field.label,
        textOf(form, field) || (field.schema["x-env"] ? `$${field.schema["x-env"]}` : ""),
        fault ?? hintOf(field),
      ],
      mood: fault === undefined ? (given ? "good" : "plain") : given ? "bad" : "warn",
    };
  });
  const names = namesOf(form);
  const what = names.length > 1 ? `${names[0]} to ${names.at(-1)}` : (names[0] ?? "");
  return {
    columns: [
      { title: "FIELD", keep: 100, most: 30 },
      { title: "VALUE", keep: 99, most: 40 },
      { title: "WHAT IT IS", keep: 98 },
    ],
    rows: [...rows, { key: submitKey, cells: ["create", what, "ENTER here, or CTRL-S anywhere"], mood: "plain" }],
    empty: [],
  };
}

function hintOf({ schema }: Field): string {
  const choices = (schema.enum ?? []).filter(Boolean);
  return choices.length > 1 && choices.join(" ").length < 60
    ? `${schema.description} (${choices.join(", ")})`
    : schema.description;
}

/** The next of a field's few values; undefined where it has to be typed. */
export function nextValue(form: Form, field: Field): string | undefined {
  const now = textOf(form, field);
  if (field.schema.type === "boolean") return coerce("boolean", now || "false") === true ? "false" : "true";
  const values = field.schema.enum;
  if (values === undefined || values.length < 2) return undefined;
  return values[(values.indexOf(now) + 1) % values.length];
}
