package dev.visionmamba.backbones.adapter;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.scans.engine.Parallel;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * {@link DeformableSampling} over the memory of float32 arrays on a CPU, forward and backward. An
 * image's values are brought to the heap, and what a head reads of a token to an array of its own:
 * loops over arrays become vector instructions where all indices are the same.
 */
final class SamplingKernel {
  /** Queries that are worth a part of their own. */
  private static final int LEAST_QUERIES = 64;

  private static final int CORNERS = 4;

  private final MapSize[] levels;
  private final int[] firsts;
  private final int heads;
  private final int points;
  private final int asked;
  private final int answering;

  /** Where query q lies on level l, in its pixels. */
  private final float[][] originX;

  private final float[][] originY;

  SamplingKernel(List<MapSize> queries, List<MapSize> levels, int heads, int points) {
    this.levels = levels.toArray(MapSize[]::new);
    this.heads = heads;
    this.points = points;
    this.asked = MapSize.tokens(queries);
    this.answering = MapSize.tokens(levels);
    this.firsts = new int[levels.size()];
    this.originX = new float[levels.size()][asked];
    this.originY = new float[levels.size()][asked];
    int first = 0;
    for (int l = 0; l < this.levels.length; l++) {
      MapSize level = this.levels[l];
      firsts[l] = first;
      first += level.tokens();
      int q = 0;
      for (MapSize map : queries) {
        for (int row = 0; row < map.height(); row++) {
          float y = (float) DeformableSampling.origin(row, map.height(), level.height());
          for (int column = 0; column < map.width(); column++) {
            originX[l][q] = (float) DeformableSampling.origin(column, map.width(), level.width());
            originY[l][q] = y;
            q++;
          }
        }
      }
    }
  }

  /** Numbers of one image, or of all. */
  private static FloatBuffer memory(NDArray array) {
    if (array.size() * Float.BYTES > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "an array of " + array.getShape() + " exceeds the 2 GB that sampling can address");
    }
    return HostMemory.of(array);
  }

  private static void get(FloatBuffer buffer, int at, float[] to) {
    buffer.get(at, to, 0, to.length);
  }

  /** The four neighbours of a place; those outside the level have no share. */
  private final class Neighbours {
    /** Tokens, counted over all levels; for one outside, a neighbour's that is inside. */
    private final int[] token = new int[CORNERS];

    /** 1 inside, 0 outside. */
    private final float[] inside = new float[CORNERS];

    private float across;
    private float down;

    /** Finds them; false if all are outside. */
    boolean find(int l, float x, float y) {
      int height = levels[l].height();
      int width = levels[l].width();
      if (!(x > -1 && y > -1 && x < width && y < height)) { // refuses NaN too
        return false;
      }
      int left = (int) Math.floor(x);
      int top = (int) Math.floor(y);
      across = x - left;
      down = y - top;
      for (int corner = 0; corner < CORNERS; corner++) {
        int column = left + corner % 2;
        int row = top + corner / 2;
        boolean isInside = column >= 0 && column < width && row >= 0 && row < height;
        inside[corner] = isInside ? 1f : 0f;
        int nearestRow = Math.min(Math.max(row, 0), height - 1);
        int nearestColumn = Math.min(Math.max(column, 0), width - 1);
        token[corner] = firsts[l] + nearestRow * width + nearestColumn;
      }
      return true;
    }

    /** How much a neighbour counts. */
    float share(int corner) {
      float alongX = corner % 2 == 1 ? across : 1 - across;
      float alongY = corner / 2 == 1 ? down : 1 - down;
      return inside[corner] * alongX * alongY;
    }
  }

  /** The sums, (B, Q, M*D). */
  NDArray forward(NDArray values, NDArray offsets, NDArray weights) {
    Shape shape = values.getShape();
    int channels = Math.toIntExact(shape.get(2));
    NDArray output =
        values
            .getManager()
            .create(new Shape(shape.get(0), asked, channels), DataType.FLOAT32, Device.cpu());
    if (output.size() == 0) {
      return output;
    }
    FloatBuffer from = memory(values);
    FloatBuffer places = memory(offsets);
    FloatBuffer shares = memory(weights);
    FloatBuffer to = memory(output);
    float[] image = new float[answering * channels];
    for (int b = 0; b < shape.get(0); b++) {
      get(from, b * image.length, image);
      int before = b * asked;
      Parallel.run(
          asked,
          LEAST_QUERIES,
          (first, end) -> sums(image, places, shares, to, before, first, end, channels));
    }
    return output;
  }

  private void sums(
      float[] values,
      FloatBuffer places,
      FloatBuffer shares,
      FloatBuffer to,
      int before,
      int first,
      int end,
      int channels) {
    int size = channels / heads;
    int samples = heads * levels.length * points;
    float[] place = new float[2 * samples];
    float[] share = new float[samples];
    float[] sum = new float[size];
    float[] row = new float[channels];
    Rows rows = new Rows(size);
    Neighbours neighbours = new Neighbours();
    for (int q = first; q < end; q++) {
      get(places, (before + q) * place.length, place);
      get(shares, (before + q) * share.length, share);
      for (int m = 0; m < heads; m++) {
        Arrays.fill(sum, 0f);
        int s = m * levels.length * points;
        for (int l = 0; l < levels.length; l++) {
          for (int p = 0; p < points; p++, s++) {
            float x = originX[l][q] + place[2 * s];
            float y = originY[l][q] + place[2 * s + 1];
            if (neighbours.find(l, x, y)) {
              rows.load(neighbours, values, channels, m * size);
              rows.addTo(sum, neighbours, share[s]);
            }
          }
        }
        System.arraycopy(sum, 0, row, m * size, size);
      }
      to.put((before + q) * channels, row, 0, channels);
    }
  }

  /** What a head reads of four tokens. */
  private static final class Rows {
    private final float[] topLeft;
    private final float[] topRight;
    private final float[] bottomLeft;
    private final float[] bottomRight;

    Rows(int size) {
      this.topLeft = new float[size];
      this.topRight = new float[size];
      this.bottomLeft = new float[size];
      this.bottomRight = new float[size];
    }

    void load(Neighbours neighbours, float[] values, int channels, int from) {
      int[] token = neighbours.token;
      int size = topLeft.length;
      System.arraycopy(values, token[0] * channels + from, topLeft, 0, size);
      System.arraycopy(values, token[1] * channels + from, topRight, 0, size);
      System.arraycopy(values, token[2] * channels + from, bottomLeft, 0, size);
      System.arraycopy(values, token[3] * channels + from, bottomRight, 0, size);
    }

    /** sum += weight (the four by their shares). */
    void addTo(float[] sum, Neighbours neighbours, float weight) {
      combine(
          sum,
          topLeft,
          weight * neighbours.share(0),
          topRight,
          weight * neighbours.share(1),
          bottomLeft,
          weight * neighbours.share(2),
          bottomRight,
          weight * neighbours.share(3));
    }

    private static void combine(
        float[] sum,
        float[] a,
        float ofA,
        float[] b,
        float ofB,
        float[] c,
        float ofC,
        float[] d,
        float ofD) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += ofA * a[i] + ofB * b[i] + ofC * c[i] + ofD * d[i];
      }
    }

    /** The four's products with an array; those outside have none. */
    void dots(float[] with, Neighbours neighbours, float[] dots) {
      float a = 0;
      float b = 0;
      float c = 0;
      float d = 0;
      for (int i = 0; i < with.length; i++) {
        float x = with[i];
        a += x * topLeft[i];
        b += x * topRight[i];
        c += x * bottomLeft[i];
        d += x * bottomRight[i];
      }
      dots[0] = neighbours.inside[0] * a;
      dots[1] = neighbours.inside[1] * b;
      dots[2] = neighbours.inside[2] * c;
      dots[3] = neighbours.inside[3] * d;
    }
  }

  /**
   * Adds to the inputs' gradients.
   *
   * @param inputs values, offsets and weights
   * @param gradients theirs
   */
  void addGradients(NDList inputs, NDArray outputGradient, NDList gradients) {
    Shape shape = inputs.head().getShape();
    int channels = Math.toIntExact(shape.get(2));
    if (outputGradient.size() == 0) {
      return;
    }
    FloatBuffer from = memory(inputs.get(0));
    FloatBuffer toValues = memory(gradients.get(0));
    Gradients work =
        new Gradients(
            memory(inputs.get(1)),
            memory(inputs.get(2)),
            memory(outputGradient),
            memory(gradients.get(1)),
            memory(gradients.get(2)));
    float[] values = new float[answering * channels];
    float[] gradient = new float[answering * channels];
    for (int b = 0; b < shape.get(0); b++) {
      get(from, b * values.length, values);
      get(toValues, b * values.length, gradient);
      int before = b * asked;
      // By heads: queries look at the same tokens, but each head at channels of its own.
      Parallel.run(
          heads,
          1,
          (first, end) -> {
            for (int m = first; m < end; m++) {
              work.ofHead(m, before, values, gradient, channels);
            }
          });
      toValues.put(b * values.length, gradient, 0, gradient.length);
    }
  }

  /** The backward pass; the last two buffers are added to. */
  private final class Gradients {
    private final FloatBuffer places;
    private final FloatBuffer shares;
    private final FloatBuffer ofOutput;
    private final FloatBuffer ofPlaces;
    private final FloatBuffer ofShares;

    Gradients(
        FloatBuffer places,
        FloatBuffer shares,
        FloatBuffer ofOutput,
        FloatBuffer ofPlaces,
        FloatBuffer ofShares) {
      this.places = places;
      this.shares = shares;
      this.ofOutput = ofOutput;
      this.ofPlaces = ofPlaces;
      this.ofShares = ofShares;
    }

    void ofHead(int m, int before, float[] values, float[] gradient, int channels) {
      int size = channels / heads;
      int samples = levels.length * points; // of a head
      float[] place = new float[2 * samples];
      float[] share = new float[samples];
      float[] toPlace = new float[2 * samples];
      float[] toShare = new float[samples];
      float[] output = new float[size];
      float[] row = new float[size];
      float[] dots = new float[CORNERS];
      Rows rows = new Rows(size);
      Neighbours neighbours = new Neighbours();
      for (int q = 0; q < asked; q++) {
        int at = ((before + q) * heads + m) * samples;
        get(places, 2 * at, place);
        get(shares, at, share);
        get(ofPlaces, 2 * at, toPlace);
        get(ofShares, at, toShare);
        get(ofOutput, (before + q) * channels + m * size, output);
        int s = 0;
        for (int l = 0; l < levels.length; l++) {
          for (int p = 0; p < points; p++, s++) {
            float x = originX[l][q] + place[2 * s];
            float y = originY[l][q] + place[2 * s + 1];
            if (neighbours.find(l, x, y)) {
              rows.load(neighbours, values, channels, m * size);
              rows.dots(output, neighbours, dots);
              for (int corner = 0; corner < CORNERS; corner++) {
                int token = neighbours.token[corner] * channels + m * size;
                System.arraycopy(gradient, token, row, 0, size);
                multiplyAdd(row, share[s] * neighbours.share(corner), output);
                System.arraycopy(row, 0, gradient, token, size);
              }
              float across = neighbours.across;
              float down = neighbours.down;
              float top = dots[1] - dots[0];
              float bottom = dots[3] - dots[2];
              float left = dots[2] - dots[0];
              float right = dots[3] - dots[1];
              toShare[s] +=
                  (1 - down) * (dots[0] + across * top) + down * (dots[2] + across * bottom);
              toPlace[2 * s] += share[s] * (top + down * (bottom - top));
              toPlace[2 * s + 1] += share[s] * (left + across * (right - left));
            }
          }
        }
        ofPlaces.put(2 * at, toPlace, 0, toPlace.length);
        ofShares.put(at, toShare, 0, toShare.length);
      }
    }

    private static void multiplyAdd(float[] to, float factor, float[] from) {
      for (int i = 0; i < to.length; i++) {
        to[i] += factor * from[i];
      }
    }
  }
}
