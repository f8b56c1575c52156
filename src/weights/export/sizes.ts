/**
 * How the sizes of a network follow from its width, its classes and the images' channels, as its definition builds them.
 *
 * @module
 */
import type { Architecture } from "../../model/architecture.ts";
import type { ExportedNetwork } from "./network.ts";

/** What sizes are expressed in. */
const PARAMETERS = ["width", "classes", "channels"] as const;

/** A size as a sum: so many times each parameter, and a rest. */
type Sum = Readonly<Record<typeof PARAMETERS[number] | "rest", number>>;

/** The sizes of one network. */
export class Sizes {
  readonly #own: Architecture;
  /** Networks with one of the parameters doubled: what depends on it shows in them. */
  readonly #doubled: readonly Architecture[];
  readonly #config: ExportedNetwork["config"];

  constructor({ definition, config }: Pick<ExportedNetwork, "definition" | "config">) {
    this.#config = config;
    this.#own = definition.build(config);
    this.#doubled = PARAMETERS.map((name) =>
      definition.build({ ...config, [name]: 2 * config[name] })
    );
  }

  /** What `read` reads in the network, in Python, e.g. `2 * width`. */
  express(read: (architecture: Architecture) => number): string {
    const sum = this.#sumOf(read);
    const terms = PARAMETERS.filter((name) => sum[name] !== 0)
      .map((name) => sum[name] === 1 ? name : `${sum[name]} * ${name}`);
    if (sum.rest !== 0 || terms.length === 0) terms.push(String(sum.rest));
    return terms.join(" + ");
  }

  /** The width in Python, from a variable that has what `read` reads; the network's own where that says nothing of it. */
  widthFrom(variable: string, read: (architecture: Architecture) => number): string {
    const { width, classes, channels, rest } = this.#sumOf(read);
    if (width === 0 || classes !== 0 || channels !== 0) return String(this.#config.width);
    const multiple = rest === 0 ? variable : `(${variable} - ${rest})`;
    return width === 1 ? multiple : `${multiple} // ${width}`;
  }

  #sumOf(read: (architecture: Architecture) => number): Sum {
    const size = read(this.#own);
    const sum = { width: 0, classes: 0, channels: 0, rest: size };
    PARAMETERS.forEach((name, i) => {
      const part = read(this.#doubled[i]!) - size;
      sum[name] = part / this.#config[name];
      sum.rest -= part;
    });
    return sum;
  }
}
