/**
 * Text as LaTeX writes it: for pdfLaTeX too, in whose fonts most of Unicode is not.
 *
 * @module
 */
import { oneLine } from "./texts.ts";

/** What LaTeX would take for a command, and what its oldest font encoding (OT1) prints as another character. */
const SPECIAL: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Array.from("&%$#_{}", (character) => [character, `\\${character}`])),
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
};

/** Greek letters by their commands; those that look like Latin ones have none. */
const GREEK: Readonly<Record<string, string>> = {
  ...{ α: "\\alpha", β: "\\beta", γ: "\\gamma", δ: "\\delta", ε: "\\varepsilon", ϵ: "\\epsilon" },
  ...{ ζ: "\\zeta", η: "\\eta", θ: "\\theta", ϑ: "\\vartheta", ι: "\\iota", κ: "\\kappa" },
  ...{ λ: "\\lambda", μ: "\\mu", ν: "\\nu", ξ: "\\xi", ο: "o", π: "\\pi", ϖ: "\\varpi" },
  ...{ ρ: "\\rho", ϱ: "\\varrho", σ: "\\sigma", ς: "\\varsigma", τ: "\\tau", υ: "\\upsilon" },
  ...{ φ: "\\varphi", ϕ: "\\phi", χ: "\\chi", ψ: "\\psi", ω: "\\omega" },
  ...{ Γ: "\\Gamma", Δ: "\\Delta", Θ: "\\Theta", Λ: "\\Lambda", Ξ: "\\Xi", Π: "\\Pi" },
  ...{ Σ: "\\Sigma", Υ: "\\Upsilon", Φ: "\\Phi", Ψ: "\\Psi", Ω: "\\Omega" },
  ...Object.fromEntries(
    Array.from("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", (letter, i) => [letter, `\\mathrm{${"ABEZHIKMNOPTX"[i]}}`]),
  ),
};

const SIGNS: Readonly<Record<string, string>> = {
  ...{ "−": "-", "∞": "\\infty", "√": "\\surd", "∂": "\\partial", "∇": "\\nabla", "ℓ": "\\ell" },
  ...{ "∑": "\\sum", "∏": "\\prod", "∅": "\\emptyset", "∀": "\\forall", "∃": "\\exists" },
  ...{ "≤": "\\leq", "≥": "\\geq", "≠": "\\neq", "≈": "\\approx", "≡": "\\equiv", "∼": "\\sim" },
  ...{ "≪": "\\ll", "≫": "\\gg", "∝": "\\propto", "∈": "\\in", "∉": "\\notin", "⊆": "\\subseteq" },
  ...{ "⊂": "\\subset", "∪": "\\cup", "∩": "\\cap", "∓": "\\mp", "⋅": "\\cdot", "∗": "\\ast" },
  ...{ "∘": "\\circ", "⊕": "\\oplus", "⊗": "\\otimes", "⊙": "\\odot", "∥": "\\parallel" },
  ...{ "‖": "\\Vert", "′": "'", "″": "''", "⁻": "^{-}", "⁺": "^{+}", "₋": "_{-}", "₊": "_{+}" },
  ...{ "→": "\\rightarrow", "←": "\\leftarrow", "↔": "\\leftrightarrow", "↦": "\\mapsto" },
  ...{ "⇒": "\\Rightarrow", "⇐": "\\Leftarrow", "⇔": "\\Leftrightarrow" },
  ...{ "↑": "\\uparrow", "↓": "\\downarrow" },
  ...{ "∆": "\\Delta", "∙": "\\cdot", "₌": "_{=}", "ₙ": "_{n}", "ᵢ": "_{i}" },
  ...Object.fromEntries(Array.from("₀₁₂₃₄₅₆₇₈₉", (digit, i) => [digit, `_{${i}}`])),
  ...Object.fromEntries(Array.from("⁰⁴⁵⁶⁷⁸⁹", (digit, i) => [digit, `^{${i && i + 3}}`])),
};

const WRITTEN = new Map([
  ...Object.entries(SPECIAL),
  ...Object.entries({ ...GREEK, ...SIGNS }).map(([character, math]) =>
    [character, `$${math}$`] as const
  ),
]);

/**
 * `text` in one line, without characters that LaTeX would take for commands, and with Greek letters and mathematical signs as
 * its own. Other characters stay as they are: pdfLaTeX knows most Latin ones, × and ±.
 */
export function latexText(text: string): string {
  return Array.from(oneLine(text), (character) => WRITTEN.get(character) ?? character).join("");
}
