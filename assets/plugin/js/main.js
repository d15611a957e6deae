// What the host loads: guard.js made a plugin by sdk.js, with what the host offers.

import hostConfig from "privatestack:plugin/host-config@0.1.0";
import hostLog from "privatestack:plugin/host-log@0.1.0";

import * as guard from "./guard.js";
import { plugin } from "./sdk.js";

export const { lifecycle, guardrail } = plugin(guard, {
  config: (key) => hostConfig.get(key),
  log: (level, message) => hostLog.log(level, message),
});
