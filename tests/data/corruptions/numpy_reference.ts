/**
 * What each kind of corruption is by its formula, in NumPy, SciPy and Pillow.
 *
 * @module
 */
/** A script that writes both bounds of each image; random draws are read from files: the numbers that a stream gives in its order. */
export const REFERENCE = `
import io, json, sys
import numpy as np
from PIL import Image
from scipy import ndimage, stats
folder, names = sys.argv[1], json.loads(sys.argv[2])
image = np.fromfile(f"{folder}/image", "u1").reshape(32, 32, 3)
x = image / 255.0
class Draws:
    def __init__(self, name, severity, kind):
        self.values, self.at = np.fromfile(f"{folder}/{name}-{severity}-{kind}", "f8"), 0
    def take(self, *shape):
        n = int(np.prod(shape))
        self.at += n
        return self.values[self.at - n:self.at].reshape(shape)

def soft(x, sigma):
    return ndimage.gaussian_filter(x, (sigma, sigma, 0), mode="nearest", truncate=4.0)

def zoom(x, factor):
    kept = int(np.ceil(32 / factor))
    top = (32 - kept) // 2
    large = ndimage.zoom(x[top:top + kept, top:top + kept], (factor, factor) + (1,) * (x.ndim - 2), order=1)
    trim = (len(large) - 32) // 2
    return large[trim:trim + 32, trim:trim + 32]

def motion(x, radius, sigma, degrees):
    n = 2 * int(np.ceil(radius)) + 1
    weights = np.exp(-np.arange(n) ** 2 / (2 * sigma ** 2))
    angle, out = np.radians(degrees), 0
    for i, weight in enumerate(weights / weights.sum()):
        dx, dy = int(np.ceil(i * np.cos(angle) - 0.5)), int(np.ceil(i * np.sin(angle) - 0.5))
        rows, columns = np.clip(np.arange(32) + dy, 0, 31), np.clip(np.arange(32) + dx, 0, 31)
        out = out + weight * x[rows][:, columns]
    return np.floor(out + 0.5)

def gaussian_noise(s):
    return x + [0.04, 0.06, 0.08, 0.09, 0.1][s] * Draws("gaussian_noise", s + 1, "normal").take(32, 32, 3)

def shot_noise(s):
    photons = [500, 250, 100, 75, 50][s]
    drawn = stats.poisson.ppf(Draws("shot_noise", s + 1, "uniform").take(32, 32, 3), np.maximum(x * photons, 1e-9))
    return np.where(x > 0, drawn, 0) / photons

def impulse_noise(s):
    share, draws = [0.01, 0.02, 0.03, 0.05, 0.07][s], Draws("impulse_noise", s + 1, "uniform").take(32, 32, 3)
    return np.select([draws < share / 2, draws < share], [0, 1], x) # pepper and salt, as many of each

def speckle_noise(s):
    return x * (1 + [0.06, 0.1, 0.12, 0.16, 0.2][s] * Draws("speckle_noise", s + 1, "normal").take(32, 32, 3))

def defocus_blur(s):
    radius, softness = [(0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)][s]
    y, z = np.mgrid[-8:9, -8:9]
    disc = (y ** 2 + z ** 2 <= radius ** 2) * 1.0
    line = np.exp(-np.array([-1, 0, 1]) ** 2 / (2 * softness ** 2))
    line /= line.sum()
    kernel = ndimage.convolve(disc / disc.sum(), np.outer(line, line), mode="constant")
    return np.stack([ndimage.correlate(x[..., c], kernel, mode="mirror") for c in range(3)], -1)

def gaussian_blur(s):
    return soft(x, [0.4, 0.6, 0.7, 0.8, 1][s])

def glass_blur(s):
    sigma, rounds = [(0.05, 1), (0.25, 1), (0.4, 1), (0.25, 2), (0.4, 2)][s]
    pixels, draws = np.uint8(soft(x, sigma) * 255), Draws("glass_blur", s + 1, "bits")
    for _ in range(rounds):
        for h in range(31, 1, -1):
            for w in range(31, 1, -1):
                dx, dy = draws.take(2).astype(int) - 1
                pixels[h, w], pixels[h + dy, w + dx] = pixels[h + dy, w + dx], pixels[h, w] # of views: a copy
    return soft(pixels / 255.0, sigma)

def motion_blur(s):
    radius, sigma = [(6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)][s]
    return motion(image, radius, sigma, 90 * Draws("motion_blur", s + 1, "uniform").take(1)[0] - 45) / 255

def zoom_blur(s):
    factors = np.arange(1, [1.06, 1.11, 1.16, 1.21, 1.26][s], 0.01)
    return (x + sum(zoom(x, factor) for factor in factors)) / (len(factors) + 1)

def snow(s):
    mean, deviation, factor, threshold, radius, sigma, kept = [
        (0.1, 0.2, 1, 0.6, 8, 3, 0.95), (0.1, 0.2, 1, 0.5, 10, 4, 0.9), (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
        (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85), (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8)][s]
    draws = Draws("snow", s + 1, "normal")
    layer = zoom(mean + deviation * draws.take(32, 32), factor)
    layer[layer < threshold] = 0
    layer = np.uint8(np.clip(layer, 0, 1) * 255)
    layer = motion(layer, radius, sigma, 90 * draws.take(1)[0] - 135)[..., None] / 255
    grey = (x * [0.299, 0.587, 0.114]).sum(-1, keepdims=True)
    return kept * x + (1 - kept) * np.maximum(x, grey * 1.5 + 0.5) + layer + np.rot90(layer, 2)

def fog(s):
    thickness, decay = [(0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)][s]
    draws, field, wibble, step = Draws("fog", s + 1, "uniform"), np.zeros((32, 32)), 100, 32
    around = lambda moves, rows, columns: sum(np.roll(field, move, (0, 1))[rows, columns] for move in moves)
    while step >= 2:
        half = step // 2
        corners = [(a, b) for a in (half, -half) for b in (half, -half)]
        sides = [(half, 0), (-half, 0), (0, half), (0, -half)]
        for (top, left), moves in (((half, half), corners), ((0, half), sides), ((half, 0), sides)):
            place = np.s_[top::step], np.s_[left::step]
            n = 32 // step
            field[place] = around(moves, *place) / 4 + wibble * wibble * (2 * draws.take(n, n) - 1)
        step, wibble = half, wibble / decay
    field = (field - field.min()) / (field.max() - field.min())
    return (x + thickness * field[..., None]) * x.max() / (x.max() + thickness)

def brightness(s):
    import colorsys
    def one(pixel):
        h, sat, v = colorsys.rgb_to_hsv(*pixel)
        return colorsys.hsv_to_rgb(h, sat, min(1, v + [0.05, 0.1, 0.15, 0.2, 0.3][s]))
    return np.apply_along_axis(one, -1, x)

def saturate(s):
    import colorsys
    times, plus = [(0.3, 0), (0.1, 0), (1.5, 0), (2, 0.1), (2.5, 0.2)][s]
    def one(pixel):
        h, sat, v = colorsys.rgb_to_hsv(*pixel)
        return colorsys.hsv_to_rgb(h, min(1, sat * times + plus), v)
    return np.apply_along_axis(one, -1, x)

def contrast(s):
    means = x.mean((0, 1))
    return (x - means) * [0.75, 0.5, 0.4, 0.3, 0.15][s] + means

def elastic_transform(s):
    move, sigma, corner = [(0, 0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05), (0.1, 0.03, 0.03)][s]
    draws = Draws("elastic_transform", s + 1, "uniform")
    before = np.array([[26, 26], [26, 6], [6, 6]])
    after = before + 32 * corner * (2 * draws.take(3, 2) - 1)
    back = np.linalg.solve(np.c_[after, np.ones(3)], before) # [x, y, 1] there to [x, y] here
    rows, columns = np.mgrid[:32, :32]
    was = np.stack([columns, rows, np.ones((32, 32))], -1) @ back
    lines = lambda image, y, z, mode: np.stack(
        [ndimage.map_coordinates(image[..., c], [y, z], order=1, mode=mode) for c in range(3)], -1)
    turned = lines(x, was[..., 1], was[..., 0], "mirror")
    field = lambda: 32 * move * ndimage.gaussian_filter(2 * draws.take(32, 32) - 1, 32 * sigma, mode="reflect", truncate=3)
    right, down = field(), field()
    return lines(turned, rows + down, columns + right, "reflect")

def pixelate(s):
    side = int(32 * [0.95, 0.9, 0.85, 0.75, 0.65][s])
    small = Image.fromarray(image).resize((side, side), Image.BOX)
    return np.asarray(small.resize((32, 32), Image.BOX)) / 255

def jpeg_compression(s):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=[80, 65, 58, 50, 40][s])
    return np.asarray(Image.open(file)) / 255

def frost(s):
    kept, weight = [(1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45)][s]
    draws, field = Draws("frost", s + 1, "uniform"), np.zeros((32, 32))
    rows, columns = np.mgrid[:32, :32]
    def needle(root, turn, length):
        along = np.exp(2j * np.pi * turn) # right and down
        count = int(np.ceil(2 * length))
        for i in range(count):
            at = root + i / 2 * along
            tent = np.maximum(0, 1 - abs(rows - at.imag)) * np.maximum(0, 1 - abs(columns - at.real))
            field[:] += (1 - i / count) * tent
        return along
    for _ in range(6): # a seed for 200 pixels
        y, x_ = 32 * draws.take(2)
        for _ in range(3):
            turn, length = draws.take(2) * [1, 16] + [0, 8]
            along = needle(x_ + 1j * y, turn, length)
            for at in np.arange(3, length, 3):
                for side in (-1 / 6, 1 / 6):
                    needle(x_ + 1j * y + at * along, turn + side, min(5, (length - at) / 2))
    blurred = lambda sigma: ndimage.gaussian_filter(field, sigma, mode="nearest", truncate=4.0)
    ice = 1.2 * blurred(0.5) + 0.6 * blurred(3)
    ice = 0.2 + 0.8 * ice / (1 + ice)
    return kept * x + weight * ice[..., None] * [0.85, 0.93, 1]

def spatter(s):
    import cv2
    mean, deviation, sigma, threshold, amount = [
        (0.62, 0.1, 0.7, 0.7, 0.5), (0.65, 0.1, 0.8, 0.7, 0.5), (0.65, 0.3, 1, 0.69, 0.5),
        (0.65, 0.1, 0.7, 0.69, 0.6), (0.65, 0.1, 0.5, 0.68, 0.6)][s]
    blurred = lambda field, width: ndimage.gaussian_filter(field, width, mode="nearest", truncate=4.0)
    liquid = blurred(mean + deviation * Draws("spatter", s + 1, "normal").take(32, 32), sigma)
    liquid[liquid < threshold] = 0
    if s >= 3: # mud
        hidden = blurred(np.float64(liquid > threshold), amount)
        hidden = np.where(hidden < 0.8, 0, hidden)[..., None]
        return x * (1 - hidden) + hidden * np.array([63, 42, 20]) / 255
    liquid = np.uint8(liquid * 255)
    rims = cv2.distanceTransform(255 - cv2.Canny(liquid, 50, 150), cv2.DIST_L2, 5)
    rims = cv2.equalizeHist(np.uint8(cv2.blur(np.minimum(rims, 20), (3, 3))))
    relief = cv2.filter2D(rims, cv2.CV_8U, np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]))
    shine = np.float64(liquid) * cv2.blur(relief, (3, 3))
    return x + amount * shine[..., None] / shine.max() * np.array([175, 238, 238]) / 255

for name in names:
    for s in range(5):
        made = np.clip(globals()[name](s), 0, 1) * 255
        bounds = [np.uint8(np.clip(made + shift, 0, 255)) for shift in (-1e-6, 1e-6)]
        np.stack(bounds).tofile(f"{folder}/{name}-{s + 1}-expected")
`;
