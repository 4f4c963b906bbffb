package dev.visionmamba.tasks.training;

/**
 * Random numbers that are the same on every machine and in every release of Java: SplitMix64
 * (Steele, Lea and Flood 2014), started by a seed and an index whose streams do not meet.
 */
final class SceneRandom {
  private static final long STEP = 0x9e3779b97f4a7c15L;

  private long state;

  SceneRandom(long seed, int index) {
    state = mix(mix(seed + STEP) ^ mix(index + 1L));
  }

  private static long mix(long z) {
    long a = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    long b = (a ^ a >>> 27) * 0x94d049bb133111ebL;
    return b ^ b >>> 31;
  }

  /** From least to below greatest. */
  double between(double least, double greatest) {
    state += STEP;
    return least + (greatest - least) * ((mix(state) >>> 11) * 0x1p-53);
  }

  /** From 0 to count - 1. */
  int below(int count) {
    return (int) between(0, count);
  }
}
