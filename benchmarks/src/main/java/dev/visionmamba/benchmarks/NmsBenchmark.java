package dev.visionmamba.benchmarks;

import dev.visionmamba.heads.ops.Nms;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Non-maximum suppression of many boxes in an image of 1333x800. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Thread)
public class NmsBenchmark {
  private static final int WIDTH = 1333;
  private static final int HEIGHT = 800;

  /** Around so many objects do boxes cluster. */
  private static final int OBJECTS = 100;

  /** How many boxes. */
  @Param({"1000", "20000"})
  int boxes;

  /**
   * Where they lie: spread over the image with sides of 8 to 512 pixels; clustered around objects
   * as a head's are; or large, all with sides of 200 to 600 pixels.
   */
  @Param({"spread", "clustered", "large"})
  String layout;

  /** Of intersection over union. */
  @Param({"0.5", "0.7"})
  float threshold;

  private float[] coordinates;
  private float[] scores;
  private int[] classes;

  /** Draws the boxes. */
  @Setup
  public void draw() {
    Random random = new Random(1);
    coordinates = new float[boxes * 4];
    scores = new float[boxes];
    classes = new int[boxes];
    float[] objects = new float[OBJECTS * 4];
    for (int i = 0; i < objects.length; i += 4) {
      draw(random, 8, 512, objects, i);
    }
    for (int i = 0; i < boxes; i++) {
      scores[i] = random.nextFloat();
      classes[i] = random.nextInt(5);
      if (layout.equals("clustered")) {
        int object = random.nextInt(OBJECTS) * 4;
        float width = objects[object + 2] - objects[object];
        float height = objects[object + 3] - objects[object + 1];
        for (int k = 0; k < 4; k++) {
          float side = (k & 1) == 0 ? width : height;
          coordinates[4 * i + k] =
              objects[object + k] + (float) (random.nextGaussian() * side * 0.15);
        }
      } else if (layout.equals("spread")) {
        draw(random, 8, 512, coordinates, 4 * i);
      } else {
        draw(random, 200, 600, coordinates, 4 * i);
      }
    }
  }

  private static void draw(Random random, double least, double most, float[] to, int at) {
    double width = least * Math.pow(most / least, random.nextDouble());
    double height = Math.min(HEIGHT, least * Math.pow(most / least, random.nextDouble()));
    to[at] = (float) (random.nextDouble() * (WIDTH - width));
    to[at + 1] = (float) (random.nextDouble() * (HEIGHT - height));
    to[at + 2] = to[at] + (float) width;
    to[at + 3] = to[at + 1] + (float) height;
  }

  /**
   * Among all boxes.
   *
   * @return what is kept
   */
  @Benchmark
  public int[] plain() {
    return Nms.plain(coordinates, scores, threshold);
  }

  /**
   * Within each of five classes, or levels.
   *
   * @return what is kept
   */
  @Benchmark
  public int[] byClass() {
    return Nms.byClass(coordinates, scores, classes, threshold);
  }
}
