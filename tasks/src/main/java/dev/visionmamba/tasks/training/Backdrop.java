package dev.visionmamba.tasks.training;

/** Textured grounds for scenes: smooth clouds, stripes or checks in muted colours. */
final class Backdrop {
  private static final int CLOUD_CELL = 16;

  private final SceneRandom random;
  private final int size;
  private final double[] pattern;

  private Backdrop(SceneRandom random, int size) {
    this.random = random;
    this.size = size;
    this.pattern = new double[size * size];
  }

  /** A ground of a size: interleaved RGB levels. */
  static byte[] draw(SceneRandom random, int size) {
    Backdrop backdrop = new Backdrop(random, size);
    switch (random.below(3)) {
      case 0 -> backdrop.stripes();
      case 1 -> backdrop.checks();
      default -> backdrop.clouds(2, 0.6);
    }
    backdrop.clouds(1, 0.5);
    return backdrop.colours();
  }

  /** Waves in any direction. */
  private void stripes() {
    double angle = random.between(0, Math.PI);
    double period = random.between(7, 30);
    double across = StrictMath.cos(angle) * 2 * Math.PI / period;
    double down = StrictMath.sin(angle) * 2 * Math.PI / period;
    double phase = random.between(0, 2 * Math.PI);
    for (int i = 0; i < pattern.length; i++) {
      pattern[i] += 0.7 * StrictMath.sin(i % size * across + i / size * down + phase);
    }
  }

  private void checks() {
    int side = 6 + random.below(18);
    int right = random.below(side);
    int down = random.below(side);
    for (int i = 0; i < pattern.length; i++) {
      boolean dark = ((i % size + right) / side + (i / size + down) / side) % 2 == 0;
      pattern[i] += dark ? -0.6 : 0.6;
    }
  }

  /** Random heights at the corners of cells, smoothly between them; finer ones are fainter. */
  private void clouds(int octaves, double strength) {
    for (int octave = 0; octave < octaves; octave++) {
      int cell = CLOUD_CELL >> octave;
      int corners = size / cell + 2;
      double[] heights = new double[corners * corners];
      for (int i = 0; i < heights.length; i++) {
        heights[i] = random.between(-1, 1) * strength / (1 << octave);
      }
      for (int i = 0; i < pattern.length; i++) {
        int x = i % size;
        int y = i / size;
        double right = smooth((double) (x % cell) / cell);
        double down = smooth((double) (y % cell) / cell);
        int corner = y / cell * corners + x / cell;
        double upper = heights[corner] * (1 - right) + heights[corner + 1] * right;
        double lower =
            heights[corner + corners] * (1 - right) + heights[corner + corners + 1] * right;
        pattern[i] += upper * (1 - down) + lower * down;
      }
    }
  }

  private static double smooth(double t) {
    return t * t * (3 - 2 * t);
  }

  private byte[] colours() {
    double[] base = new double[3];
    double[] swing = new double[3];
    double contrast = random.between(12, 34);
    for (int c = 0; c < 3; c++) {
      base[c] = random.between(45, 150);
      swing[c] = contrast * random.between(0.4, 1);
    }
    byte[] rgb = new byte[3 * pattern.length];
    for (int i = 0; i < rgb.length; i++) {
      double level = base[i % 3] + swing[i % 3] * pattern[i / 3];
      rgb[i] = (byte) Math.max(0, Math.min(255, Math.rint(level)));
    }
    return rgb;
  }
}
