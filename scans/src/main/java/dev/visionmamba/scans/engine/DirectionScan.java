package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import dev.visionmamba.scans.ScanDirection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One direction of a scan over a range of channels: its lanes, and how its operands come into
 * tiles. Made for one worker.
 */
final class DirectionScan {
  private final ScanKernel kernel;
  private final DirectionRows rows;
  private final boolean softplus;
  private final int[] path;
  private final int[] parameterPath;
  private final int states;
  private final ScanTile tile;
  private final float[] biasRow;
  private final List<ScanLanes> lanes = new ArrayList<>();
  private final List<Run> runs = new ArrayList<>();

  /** Channels that lie together in memory and in a row of the tile. */
  private record Run(int channel, int count, int offset) {}

  DirectionScan(
      ScanKernel kernel,
      DirectionRows rows,
      boolean softplus,
      int fromChannel,
      int toChannel,
      boolean backward) {
    this.kernel = kernel;
    this.rows = rows;
    this.softplus = softplus;
    this.path = rows.path;
    this.parameterPath = rows.parameterPath;
    this.states = rows.states;
    int width = kernel.lanes();
    int groupChannels = rows.channels / rows.groups;
    int offset = 0;
    for (int channel = fromChannel; channel < toChannel; ) {
      int group = channel / groupChannels;
      int end = Math.min(Math.min(channel + width, toChannel), (group + 1) * groupChannels);
      lanes.add(lanes(channel, end - channel, offset, group));
      offset += width;
      channel = end;
    }
    for (int first = 0, last; first < lanes.size(); first = last + 1) {
      for (last = first; last + 1 < lanes.size() && lanes.get(last).width == width; ) {
        last++;
      }
      ScanLanes from = lanes.get(first);
      ScanLanes to = lanes.get(last);
      runs.add(new Run(from.channel, to.channel + to.width - from.channel, from.offset));
    }
    if (backward) {
      lanes.forEach(lane -> lane.prepareBackward(ScanTile.count(path.length)));
    }
    this.tile = new ScanTile(states, rows.groups, offset, width, backward);
    this.biasRow = new float[offset];
    for (ScanLanes lane : lanes) {
      System.arraycopy(lane.bias, 0, biasRow, lane.offset, width);
    }
  }

  private ScanLanes lanes(int channel, int width, int offset, int group) {
    int count = kernel.lanes();
    ScanLanes lane = new ScanLanes(channel, width, offset, group, states, count);
    for (int i = 0; i < width; i++) {
      for (int n = 0; n < states; n++) {
        lane.logDecay[n * count + i] = rows.a[(channel + i) * states + n] * PlainMath.LOG2E;
      }
      lane.skip[i] = rows.d == null ? 0f : rows.d[channel + i];
      lane.bias[i] = rows.bias == null ? 0f : rows.bias[channel + i];
    }
    return lane;
  }

  /** The lanes, with the gradients of A, D and the bias after a backward pass. */
  List<ScanLanes> lanes() {
    return lanes;
  }

  /** A direction's operands in memory, shared by all workers. */
  static final class DirectionRows {
    final int[] path;
    final int[] parameterPath;
    final int channels;
    final int states;
    final int groups;
    final Rows u;
    final Rows delta;
    final Rows b;
    final Rows c;
    final float[] a;
    final float[] d;
    final float[] bias;

    DirectionRows(ScanDirection direction) {
      path = direction.path().order();
      parameterPath = direction.parameterPath().order();
      channels = direction.channels();
      states = direction.stateSize();
      groups = direction.groups();
      u = Rows.of(direction.u());
      delta = Rows.of(direction.delta());
      b = Rows.of(direction.b());
      c = Rows.of(direction.c());
      a = direction.a().toFloatArray();
      d = floats(direction.d());
      bias = floats(direction.deltaBias());
    }

    private static float[] floats(NDArray array) {
      return array == null ? null : array.toFloatArray();
    }
  }

  /** Walks a sequence and adds to y; keeps checkpoints if the lanes have room for them. */
  void forward(int sequence, Rows y) {
    for (ScanLanes lane : lanes) {
      Arrays.fill(lane.state, 0f);
    }
    for (int start = 0, chunk = 0; start < path.length; start += ScanTile.STEPS, chunk++) {
      read(sequence, start);
      gather(y, sequence, path, start, tile.y);
      for (ScanLanes lane : lanes) {
        if (lane.checkpoints != null) {
          System.arraycopy(lane.state, 0, lane.checkpoints[chunk], 0, lane.state.length);
        }
        kernel.forward(tile, lane);
      }
      for (Run run : runs) {
        y.scatter(
            sequence,
            path,
            start,
            tile.steps,
            run.channel,
            run.count,
            tile.y,
            tile.stride,
            run.offset);
      }
    }
  }

  /**
   * Walks a sequence backwards from the checkpoints of the forward pass.
   *
   * @param outputGradient of the merged output
   * @param uGradient added to
   * @param deltaGradient added to
   * @param shared the gradients of B and C, added to
   */
  void backward(
      int sequence,
      Rows outputGradient,
      Rows uGradient,
      Rows deltaGradient,
      ParameterGradients shared) {
    for (ScanLanes lane : lanes) {
      Arrays.fill(lane.stateGradient, 0f);
    }
    for (int chunk = ScanTile.count(path.length) - 1; chunk >= 0; chunk--) {
      int start = chunk * ScanTile.STEPS;
      read(sequence, start);
      gather(outputGradient, sequence, path, start, tile.y);
      for (int i = 0; i < lanes.size(); i++) {
        ScanLanes lane = lanes.get(i);
        if (i == 0 || lanes.get(i - 1).group != lane.group) {
          Arrays.fill(tile.bGradient, 0f);
          Arrays.fill(tile.cGradient, 0f);
        }
        kernel.backward(tile, lane, lane.checkpoints[chunk]);
        if (i == lanes.size() - 1 || lanes.get(i + 1).group != lane.group) {
          shared.add(tile, sequence, start, lane.group, kernel.lanes());
        }
      }
      throughSoftplus();
      accumulate(tile.uGradient, uGradient, sequence, path, start);
      accumulate(tile.deltaGradient, deltaGradient, sequence, parameterPath, start);
    }
  }

  /** Fills the tile with everything that the recurrence reads. */
  private void read(int sequence, int start) {
    tile.steps = Math.min(ScanTile.STEPS, path.length - start);
    gather(rows.u, sequence, path, start, tile.u);
    gather(rows.delta, sequence, parameterPath, start, tile.delta);
    for (int t = 0; t < tile.steps; t++) {
      addTo(tile.delta, t * tile.stride, biasRow);
    }
    if (softplus) {
      if (tile.rawDelta.length > 0) {
        System.arraycopy(tile.delta, 0, tile.rawDelta, 0, tile.steps * tile.stride);
      }
      kernel.softplus(tile.delta, tile.scratch, tile.steps * tile.stride);
    }
    int columns = tile.parameterStride;
    rows.b.gather(sequence, parameterPath, start, tile.steps, 0, columns, tile.b, columns, 0);
    rows.c.gather(sequence, parameterPath, start, tile.steps, 0, columns, tile.c, columns, 0);
  }

  private static void addTo(float[] tile, int from, float[] row) {
    for (int i = 0; i < row.length; i++) {
      tile[from + i] += row[i];
    }
  }

  private void gather(Rows source, int sequence, int[] along, int start, float[] target) {
    for (Run run : runs) {
      source.gather(
          sequence,
          along,
          start,
          tile.steps,
          run.channel,
          run.count,
          target,
          tile.stride,
          run.offset);
    }
  }

  private void accumulate(float[] source, Rows target, int sequence, int[] along, int start) {
    for (Run run : runs) {
      target.accumulate(
          sequence,
          along,
          start,
          tile.steps,
          run.channel,
          run.count,
          source,
          tile.stride,
          run.offset,
          tile.scratch);
    }
  }

  /** From the gradient of softplus(delta + bias) to those of delta and the bias. */
  private void throughSoftplus() {
    int length = tile.steps * tile.stride;
    if (softplus) {
      kernel.sigmoid(tile.rawDelta, tile.scratch, length); // the derivative of softplus
      for (int i = 0; i < length; i++) {
        tile.deltaGradient[i] *= tile.scratch[i];
      }
    }
    for (ScanLanes lane : lanes) {
      for (int t = 0; t < tile.steps; t++) {
        int row = t * tile.stride + lane.offset;
        for (int i = 0; i < lane.biasGradient.length; i++) {
          lane.biasGradient[i] += tile.deltaGradient[row + i];
        }
      }
    }
  }
}
