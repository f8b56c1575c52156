/**
 * Where dashboards are served: `deno.json` permits these ports to the tasks that train.
 *
 * @module
 */

/** The port unless told. */
export const DEFAULT_PORT = 7007;
/** Ports that are tried, from the one that was asked for. */
export const TRIED_PORTS = 10;
