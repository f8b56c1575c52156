/**
 * How a run is started and continued, and what whoever watches it is told.
 *
 * @module
 */
import type { Backend, Demand } from "../backend/backend.ts";
import type { EngineObserver } from "../backend/observed.ts";
import type { Recipe, RecipeInput } from "../recipe/recipe.ts";
import type { TrainingObserver } from "./training_run.ts";

/** A run that is about to take its next step. */
export interface RunStart {
  /** The run's folder. */
  readonly directory: string;
  /** What is trained: complete, as it is kept. */
  readonly recipe: Recipe;
  /** Whether it goes on where an earlier sitting stopped. */
  readonly continued: boolean;
  /** The device that computes. */
  readonly backend: Pick<Backend, "name" | "adapter" | "threads">;
  /** What its steps need of the device's memory; absent where the engine allocates as it goes. */
  readonly demand?: Demand;
}

/** Who watches a run from its beginning. */
export interface RunObserver extends TrainingObserver, EngineObserver {
  /** The run has its folder; nothing is computed yet. */
  onStart?(start: RunStart): void;
  /** The run trains its own helper, first; returns who watches that training. */
  onHelper?(start: RunStart): TrainingObserver;
}

/** How a run is made, which never changes what it is. */
export interface StartOptions {
  /**
   * Told what happens.
   *
   * @default {nobody}
   */
  readonly observer?: RunObserver;
  /**
   * Saves after the current step and stops.
   *
   * @default {never}
   */
  readonly signal?: AbortSignal;
  /**
   * Whether to time a GPU's ways to compute a convolution.
   *
   * @default {true}
   */
  readonly tune?: boolean;
  /**
   * Whether to write event files for TensorBoard into the run's `tensorboard/`, from now on.
   *
   * @default {false}
   */
  readonly tensorboard?: boolean;
}

/** How a run is continued. */
export interface ContinueOptions extends StartOptions {
  /**
   * What differs from the run's recipe in this sitting: where its data lie, what computes; or more `epochs`, under a schedule
   * that is the same however many there are.
   *
   * @default {none}
   */
  readonly given?: RecipeInput;
}
