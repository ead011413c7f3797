/** A template that cannot be read, or not be executed; the message is Go's own. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}
