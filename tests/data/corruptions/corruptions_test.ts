import assert from "node:assert/strict";
import { corrupted, KNOWN_CORRUPTION_NAMES } from "../../../src/data/corruptions/corruptions.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { usageError } from "../usage_error.ts";

/** Images all of one byte. */
function grey(byte: number, n: number, size = 32): Dataset {
  const shape = { height: size, width: size, channels: 3 };
  const images = new Uint8Array(n * size * size * 3).fill(byte);
  return { name: "", classes: ["a", "b"], shape, n, images, labels: new Uint8Array(n) };
}

const ids = (n: number) => Uint32Array.from({ length: n }, (_, i) => i);

function moments(values: Uint8Array) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

Deno.test("corrupted() draws noise of the published strength", () => {
  const n = 8, count = n * 3072;
  [0.04, 0.06, 0.08, 0.09, 0.1].forEach((deviation, i) => {
    const found = moments(corrupted(grey(128, n), ids(n), "gaussian_noise", i + 1, 1).images);
    // Cutting off takes half a level; a twelfth of a level squared is the rounding's variance.
    const expected = Math.hypot(255 * deviation, Math.sqrt(1 / 12));
    assert.ok(Math.abs(found.mean - 127.5) < 5 * expected / Math.sqrt(count), `${found.mean}`);
    assert.ok(Math.abs(found.deviation / expected - 1) < 5 / Math.sqrt(2 * count));
  });
  [0.06, 0.1, 0.12, 0.16, 0.2].forEach((deviation, i) => {
    const found = moments(corrupted(grey(128, n), ids(n), "speckle_noise", i + 1, 1).images);
    const expected = Math.hypot(128 * deviation, Math.sqrt(1 / 12));
    assert.ok(Math.abs(found.mean - 127.5) < 5 * expected / Math.sqrt(count), `${found.mean}`);
    assert.ok(Math.abs(found.deviation / expected - 1) < 5 / Math.sqrt(2 * count));
  });
  [500, 250, 100, 75, 50].forEach((photons, i) => {
    const found = moments(corrupted(grey(60, n), ids(n), "shot_noise", i + 1, 1).images);
    // Each photon is 255/c levels, of which the fraction is cut off.
    const expected = 255 / photons * Math.sqrt(60 / 255 * photons);
    assert.ok(Math.abs(found.mean - 59.5) < 0.55, `${found.mean}`);
    assert.ok(Math.abs(found.deviation / expected - 1) < 0.03, `${found.deviation}`);
  });
  [0.01, 0.02, 0.03, 0.05, 0.07].forEach((share, i) => {
    const { images } = corrupted(grey(99, n), ids(n), "impulse_noise", i + 1, 1);
    for (const extreme of [0, 255]) {
      const found = images.filter((byte) => byte === extreme).length / count;
      assert.ok(Math.abs(found - share / 2) < 5 * Math.sqrt(share / 2 / count), `${found}`);
    }
    assert.ok(images.every((byte) => [0, 99, 255].includes(byte)));
  });
});

Deno.test("corrupted() gives an image the same bytes whichever others are asked for, and others by another seed", () => {
  const dataset = grey(100, 4), random = /noise|glass|motion|snow|frost|fog|elastic|spatter/;
  dataset.images.forEach((_, i) => dataset.images[i] = (i * 7 ^ i >> 5) % 251);
  for (const name of KNOWN_CORRUPTION_NAMES) {
    const all = corrupted(dataset, ids(4), name, 3, 1), one = Uint32Array.of(2);
    const third = corrupted(dataset, one, name, 3, 1);
    assert.deepEqual(third.images, all.images.subarray(2 * 3072, 3 * 3072), name);
    const other = corrupted(dataset, one, name, 3, 2);
    assert.equal(Buffer(other) !== Buffer(third), random.test(name), name);
  }
});

const Buffer = ({ images }: Dataset) => images.toString();

Deno.test("corrupted() takes images of other sizes and refuses other channels", () => {
  for (const name of KNOWN_CORRUPTION_NAMES) {
    const small = { ...grey(80, 1), shape: { height: 20, width: 24, channels: 3 } };
    const images = small.images.slice(0, 20 * 24 * 3);
    const made = corrupted({ ...small, images }, ids(1), name, 5, 1);
    assert.equal(made.images.length, images.length, name);
  }
  const one = { ...grey(1, 1), shape: { height: 48, width: 64, channels: 1 } };
  assert.throws(() => corrupted(one, ids(1), "fog", 1, 1), usageError("48×64×1", "three channels"));
});

Deno.test("corrupted() lays frost of the published weight over images, brighter here than there", () => {
  const n = 32, black = grey(0, n), brightest: number[] = [], means: number[] = [];
  for (let severity = 1; severity <= 5; severity++) {
    const { images } = corrupted(black, ids(n), "frost", severity, 1);
    brightest.push(Math.max(...images.slice(0, 3072)));
    const { mean, deviation } = moments(images);
    means.push(mean);
    assert.ok(deviation > 0.15 * mean, "ice and bare pane");
    const rgb = [0, 1, 2].map((channel) =>
      moments(images.filter((_, i) => i % 3 === channel)).mean
    );
    assert.ok(rgb[0]! < rgb[1]! && rgb[1]! < rgb[2]!, "it is bluish");
  }
  [0.2, 0.3, 0.4, 0.4, 0.45].forEach((weight, i) => {
    assert.ok(brightest[i]! < 255 * weight && brightest[i]! > 150 * weight, `${brightest}`);
    const frost = means[i]! / (255 * weight);
    assert.ok(frost > 0.35 && frost < 0.65, `${means}`); // the same frost at every severity
  });
  [1, 1, 0.9, 0.85, 0.75].forEach((kept, i) => {
    const { mean } = moments(corrupted(grey(100, n), ids(n), "frost", i + 1, 1).images);
    assert.ok(Math.abs(mean - means[i]! - 100 * kept) < 1, "such a share of the image is left");
  });
});

Deno.test("corrupted() spatters images with water that shines on them, and with mud that hides them", () => {
  const n = 8, dark = 50, bright = 240;
  for (const severity of [1, 2, 3]) {
    const { images } = corrupted(grey(dark, n), ids(n), "spatter", severity, 1);
    const [red, green, blue] = [0, 1, 2].map((channel) =>
      images.filter((_, i) => i % 3 === channel)
    );
    // Half of pale turquoise (175, 238, 238) where water is brightest, nothing where there is none.
    assert.deepEqual([Math.max(...red!), Math.max(...green!)], [dark + 87, dark + 119]);
    assert.equal(Math.min(...images), dark);
    assert.deepEqual(green, blue);
    assert.ok(images.filter((byte) => byte > dark).length < images.length / 2, "there are drops");
  }
  for (const severity of [4, 5]) {
    const { images } = corrupted(grey(bright, n), ids(n), "spatter", severity, 1);
    const { mean } = moments(images);
    assert.ok(mean < bright - 5 && mean > bright / 2, `${mean}`);
    for (let i = 0; i < images.length; i += 3) {
      const pixel = [...images.subarray(i, i + 3)], hidden = (bright - pixel[2]!) / (bright - 20);
      assert.ok(hidden < 0.01 || hidden > 0.8, `${pixel}`); // thinner mud is left out
      [63, 42, 20].forEach((brown, channel) =>
        assert.ok(Math.abs(pixel[channel]! - bright + hidden * (bright - brown)) < 2, `${pixel}`)
      );
    }
  }
});

Deno.test("corrupted() spreads a point by Gaussian blur of the published widths", () => {
  const point = grey(0, 1), middle = 16 * 32 + 16;
  point.images.fill(255, 3 * middle, 3 * middle + 3);
  [0.4, 0.6, 0.7, 0.8, 1].forEach((sigma, i) => {
    const { images } = corrupted(point, ids(1), "gaussian_blur", i + 1, 1);
    const beside = images[3 * middle + 3]! / images[3 * middle]!;
    assert.ok(Math.abs(beside - Math.exp(-0.5 / sigma ** 2)) < 0.02, `${sigma}: ${beside}`);
    assert.equal(images[3 * middle + 3], images[3 * (middle + 32)], "down as to the right");
  });
});

Deno.test("corrupted() saturates as far as is published, grey towards red", () => {
  const coloured = grey(0, 1);
  coloured.images.set([200, 190, 180, 100, 100, 100, 0, 0, 0]);
  const at = (severity: number) => [
    ...corrupted(coloured, ids(1), "saturate", severity, 1).images.subarray(0, 9),
  ];
  // 200, 190, 180 has a saturation of 0.1, of which 190 is half.
  const coloursOf = (
    saturation: number,
  ) => [200, 200 * (1 - saturation / 2), 200 * (1 - saturation)];
  const reds = [0, 0, 0, 0.1, 0.2];
  [0.03, 0.01, 0.15, 0.3, 0.45].forEach((saturation, i) => {
    const red = reds[i]!, rest = 100 * (1 - red);
    const expected = [...coloursOf(saturation), 100, rest, rest, 0, 0, 0];
    at(i + 1).forEach((byte, j) =>
      assert.ok(byte <= expected[j]! + 1e-9 && byte >= expected[j]! - 1.01, `${at(i + 1)}`)
    );
  });
});
