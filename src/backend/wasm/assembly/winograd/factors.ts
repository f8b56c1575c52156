/**
 * Factors of the transforms as variables. A vector that the compiler knows is made anew wherever it is used, by three
 * instructions; what it has read from a variable stays in a register or on its stack. Being exported from the module, they
 * may change for all it knows.
 */
export let two: f32 = 2;
export let four: f32 = 4;
export let five: f32 = 5;
export let eight: f32 = 8;
