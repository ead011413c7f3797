import { type DigitalOceanLab, type DigitalOceanOptions, openDigitalOcean } from "@machinist/lab";
import { FastClock } from "@machinist/testkit";

export const clock = new FastClock(100);

/** An account, and what a driver must know to work in it. */
export async function openAccount(options: DigitalOceanOptions = {}): Promise<DigitalOceanLab> {
  return openDigitalOcean({ clock, ...options });
}

export const envOf = (lab: DigitalOceanLab) => ({ DIGITALOCEAN_ACCESS_TOKEN: lab.token });

export const optionsOf = (lab: DigitalOceanLab) => ({ "api-url": lab.url, "address-url": lab.addressUrl });
