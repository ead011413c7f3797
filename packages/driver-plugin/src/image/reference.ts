const part = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const REFERENCE = new RegExp(
  `^(${part}(?::\\d{1,5})?(?:/${part})+)(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
);

/** Whether a driver's name is an image: `owner/name`, where a registry may stand before and a tag or digest behind it. */
export const isImage = (name: string): boolean => name.length <= 400 && REFERENCE.test(name);

/** An image without its tag and digest. */
export const repositoryOf = (image: string): string => REFERENCE.exec(image)?.[1] ?? image;
