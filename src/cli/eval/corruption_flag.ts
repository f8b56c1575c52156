/**
 * Which common corruptions, as a flag.
 *
 * @module
 */
import * as v from "valibot";
import { CORRUPTION_NAMES, FROST_IS_MADE } from "../../data/corruptions/corruptions.ts";
import type { Flag } from "../../recipe/flag.ts";

const ALL = "all";

const kindList = v.pipe(
  v.array(
    v.picklist(CORRUPTION_NAMES, `must be ${ALL}, or a list of ${CORRUPTION_NAMES.join(", ")}`),
  ),
  v.transform((names) => [...new Set(names)]),
);

/** `--corruptions` */
export const CORRUPTIONS_FLAG: Flag<typeof kindList> = {
  name: "corruptions",
  placeholder: "all|fog,…",
  known: [ALL, ...CORRUPTION_NAMES],
  help:
    `also measure common corruptions, made as CIFAR-10-C's are, at five severities: ${ALL}, or ${
      CORRUPTION_NAMES.join(", ")
    } (CIFAR-10-C's kinds; ${FROST_IS_MADE}); --attack is clean then unless given`,
  schema: kindList,
  parse: (text) => text === ALL ? CORRUPTION_NAMES : text.split(","),
};
