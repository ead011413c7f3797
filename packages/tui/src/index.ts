export { type DashboardOptions, openDashboard } from "./dashboard.ts";
export type { Device } from "./screen/device.ts";
export { type ThemeName, themeNames } from "./state/state.ts";
