/**
 * Which common corruptions, as a flag.
 *
 * @module
 */
import * as v from "valibot";
import {
  CORRUPTION_NAMES,
  EXTRA_CORRUPTION_NAMES,
  FROST_IS_MADE,
  KNOWN_CORRUPTION_NAMES,
} from "../../data/corruptions/corruptions.ts";
import type { Flag } from "../../recipe/flag.ts";

const ALL = "all";

const kindList = v.pipe(
  v.array(
    v.picklist(
      KNOWN_CORRUPTION_NAMES,
      `must be ${ALL}, or a list of ${KNOWN_CORRUPTION_NAMES.join(", ")}`,
    ),
  ),
  v.transform((names) => [...new Set(names)]),
);

/** `--corruptions` */
export const CORRUPTIONS_FLAG: Flag<typeof kindList> = {
  name: "corruptions",
  placeholder: "all|fog,…",
  known: [ALL, ...KNOWN_CORRUPTION_NAMES],
  help:
    `also measure common corruptions, made as CIFAR-10-C's are, at five severities: ${ALL}, or ${
      CORRUPTION_NAMES.join(", ")
    } (CIFAR-10-C's kinds; ${FROST_IS_MADE}), and beyond ${ALL} and the mean ${
      EXTRA_CORRUPTION_NAMES.join(", ")
    }; --attack is clean then unless given`,
  schema: kindList,
  parse: (text) => text.split(",").flatMap((name) => name === ALL ? CORRUPTION_NAMES : name),
};
