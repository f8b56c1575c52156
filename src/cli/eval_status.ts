/**
 * What a person sees while a model is evaluated.
 *
 * @module
 */
import type { AutoAttackMember } from "../attack/autoattack/versions.ts";
import type { EvaluationObserver } from "../evaluate/evaluation_options.ts";
import { formatDuration } from "../report/words.ts";
import { formatBar, type StatusLine } from "./shell/terminal.ts";
import { shownOn } from "./shell/tuning_flag.ts";

/** Shows on `status` how far an evaluation is. */
export function observeEvaluation(status: StatusLine): EvaluationObserver {
  const pace = new Pace();
  return {
    ...shownOn(status),
    onProgress: (name, done, n) => status.update(`${name}: ${done} of ${n} images`),
    onAutoAttack: (line) => status.print(line),
    onMember(member, { done, of, broken, share }) {
      const left = pace.left(member, share);
      const bar = `${member} ${formatBar(share)} ${(100 * share).toFixed(0).padStart(3)} %`;
      status.update(
        `${bar}  ${done} of ${of} images, ${broken} broken${left}`,
        `${bar}${left}`,
        left.slice(2) || bar,
      );
    },
  };
}

/** How long a member of AutoAttack will still take, from how long its share so far took. */
class Pace {
  #member: AutoAttackMember | undefined;
  #since = 0;
  #from = 0;

  left(member: AutoAttackMember, share: number): string {
    const now = performance.now();
    if (member !== this.#member) {
      this.#member = member;
      this.#since = now;
      this.#from = share;
    }
    if (share === this.#from) return "";
    const seconds = (now - this.#since) / 1000 * (1 - share) / (share - this.#from);
    return `, ${formatDuration(seconds)} left`;
  }
}
