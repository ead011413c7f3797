export { askNewFleet, type FleetAnswers, type NewFleetOptions } from "./ask-new-fleet.ts";
