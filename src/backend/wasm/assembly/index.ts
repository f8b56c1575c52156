/** Everything that threads can run. */
export { add } from "./elementwise";
