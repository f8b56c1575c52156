/**
 * Which attacks, and how hard, as flags.
 *
 * @module
 */
import * as v from "valibot";
import {
  AUTOATTACK_MEMBERS,
  AUTOATTACK_VERSIONS,
  type AutoAttackMember,
  type Effort,
  spends,
} from "../../attack/autoattack/versions.ts";
import {
  type AttackName,
  DEFAULT_ATTACKS,
  isAttackName,
} from "../../evaluate/evaluation_options.ts";
import { ACTIVATION_NAMES } from "../../model/architecture.ts";
import { choiceFlag, type Flag, integerFlag, textFlag } from "../../recipe/flag.ts";

/** Attacks that a shell offers. */
const KNOWN = ["clean", "fgsm", "pgd20", "cw20", "curve", "autoattack"];

const attackList = v.pipe(
  v.array(v.custom<AttackName>(
    (name) => typeof name === "string" && isAttackName(name),
    "must be a list of clean, fgsm, pgd20, cw20 (or another number of steps, up to 9999), curve, autoattack",
  )),
  v.transform((names) => [...new Set(names)]),
);

const attackFlag: Flag<typeof attackList> = {
  name: "attack",
  placeholder: KNOWN.join(","),
  known: KNOWN,
  help:
    "what to measure, separated by commas: clean; fgsm, one step from the clean image; pgdN and cwN, PGD of N steps that maximises " +
    `cross-entropy or the margin; curve, PGD-20 at radii from 0 to 16/255; autoattack; default ${DEFAULT_ATTACKS}`,
  schema: attackList,
  parse: (text) => text.split(","),
};

const memberList = v.array(
  v.picklist(AUTOATTACK_MEMBERS, `must be a list of ${AUTOATTACK_MEMBERS.join(", ")}`),
);

const membersFlag: Flag<typeof memberList> = {
  name: "attacks-to-run",
  placeholder: "apgd-ce,…",
  known: AUTOATTACK_MEMBERS,
  help: "the attacks of --attack-version custom, in their order",
  schema: memberList,
  parse: (text) => text.split(","),
};

/** What is measured. */
export const ATTACK_FLAGS = {
  attack: attackFlag,
  attackVersion: choiceFlag(
    "attack-version",
    AUTOATTACK_VERSIONS,
    "which AutoAttack; default: standard",
  ),
  attacksToRun: membersFlag,
  iterations: integerFlag(
    "iterations",
    "steps of each APGD and FAB of --attack-version custom; default 100",
    1,
    100_000,
  ),
  queries: integerFlag(
    "queries",
    "images that Square of --attack-version custom asks for; default 5000",
    1,
  ),
  targets: integerFlag(
    "targets",
    "other classes that APGD-T and FAB-T of --attack-version custom aim at; default 9",
    1,
    1000,
  ),
  restarts: integerFlag(
    "restarts",
    "runs of PGD, each from another start, default 1; of APGD and FAB of --attack-version custom, default 5, of APGD-T and FAB-T 1",
    1,
    1000,
  ),
  source: textFlag(
    "source",
    "RUN_DIR|FILE",
    "attack the network of another run or file, and show this one what fgsm, pgdN and cwN made there",
  ),
  sourceActivation: choiceFlag(
    "source-activation",
    ACTIVATION_NAMES,
    "nonlinearity of the network in the file of --source, where the file does not say; default relu",
  ),
} as const;

/** What `members` were told to spend, if anything was: restarts may be meant for PGD alone. */
export function effortOf(
  { restarts, ...told }: { [K in keyof Effort]?: Effort[K] | undefined },
  members: readonly AutoAttackMember[],
) {
  const all = { ...told, ...spends(members, "restarts") && { restarts } };
  const given = Object.entries(all).filter(([, count]) => count !== undefined);
  return given.length > 0 && { effort: Object.fromEntries(given) as Partial<Effort> };
}
