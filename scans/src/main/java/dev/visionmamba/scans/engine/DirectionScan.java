package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * One direction of a scan over a range of channels: how its operands come into the tile and its
 * results out of it. One worker opens it again for scan after scan.
 */
final class DirectionScan {
  private final ScanKernel kernel;
  private final ScanTile tile = new ScanTile();
  private final Steps steps = new Steps();
  private final Steps otherSteps = new Steps();

  /** Where delta, B and C are read: where u is, unless their path is another. */
  private Steps parameterSteps;

  /** The channels as they lie together in memory and in a row of the tile. */
  private final List<Rows.Span> spans = new ArrayList<>();

  private Operands operands;

  /** The most steps of a tile. */
  private int tileSteps;

  private int[] blockChannel = {};
  private int[] blockWidth = {};

  DirectionScan(ScanKernel kernel) {
    this.kernel = kernel;
  }

  /** A direction's operands in memory, shared by all workers. */
  static final class Operands {
    final ScanPath path;
    final ScanPath parameterPath;
    final int channels;
    final int states;
    final int groups;

    /** Columns of what delta is projected from; 0 if delta is given itself. */
    final int rank;

    /** Which rows of the parameters are the direction's. */
    final int index;

    final boolean softplus;
    final Rows u;
    final Rows delta;
    final Rows b;
    final Rows c;
    private final FloatBuffer a;
    private final FloatBuffer d;
    private final FloatBuffer bias;
    private final FloatBuffer deltaWeight;

    /** dt (where delta is projected from it), B and C, those side by side as one. */
    private final List<Part> stepParameters = new ArrayList<>();

    /** Some columns, and where they come to in the tile's parameters. */
    private record Part(Rows rows, Rows.Span span) {
      int end() {
        return span.offset() + span.count();
      }

      Part longer(int columns) {
        return new Part(rows, new Rows.Span(0, span.count() + columns, span.offset()));
      }
    }

    /**
     * Where a direction's operands lie.
     *
     * @param memory of an array
     */
    Operands(ScanDirection direction, boolean softplus, Function<NDArray, FloatBuffer> memory) {
      path = direction.path();
      parameterPath = direction.parameterPath();
      channels = direction.channels();
      states = direction.stateSize();
      groups = direction.groups();
      this.softplus = softplus;
      u = Rows.of(direction.u(), memory);
      delta = Rows.of(direction.delta(), memory);
      b = Rows.of(direction.b(), memory);
      c = Rows.of(direction.c(), memory);
      rank = direction.deltaWeight() == null ? 0 : direction.delta().width();
      index = direction.index();
      a = parameter(direction.a(), states, memory);
      d = parameter(direction.d(), 1, memory);
      bias = parameter(direction.deltaBias(), 1, memory);
      deltaWeight = parameter(direction.deltaWeight(), rank, memory);
      if (rank > 0) {
        addStepParameter(direction.delta(), delta);
      }
      addStepParameter(direction.b(), b);
      addStepParameter(direction.c(), c);
    }

    /** The direction's rows of a parameter; null for none. */
    private FloatBuffer parameter(
        NDArray array, int columns, Function<NDArray, FloatBuffer> memory) {
      int length = channels * columns;
      return array == null ? null : memory.apply(array).slice(index * length, length);
    }

    private void addStepParameter(Columns columns, Rows rows) {
      int last = stepParameters.size() - 1;
      Part before = last < 0 ? null : stepParameters.get(last);
      if (before != null && before.rows().endAt(rows, before.span().count())) {
        stepParameters.set(last, before.longer(columns.width()));
      } else {
        int offset = before == null ? 0 : before.end();
        stepParameters.add(new Part(rows, new Rows.Span(0, columns.width(), offset)));
      }
    }

    /**
     * From how many steps the backward pass recomputes the states: as many as there are states, so
     * that those kept between take no more room than the input.
     */
    int checkpointSteps() {
      return (states + ScanTile.STEPS - 1) / ScanTile.STEPS * ScanTile.STEPS;
    }

    int checkpoints() {
      return (path.steps() + checkpointSteps() - 1) / checkpointSteps();
    }

    boolean visitsEveryToken() {
      return path.steps() == path.tokens();
    }

    /** The width of the array in which all step parameters of a token lie side by side, or 0. */
    int parameterWidth() {
      boolean together = stepParameters.size() == 1 && parameterPath.tokens() == path.tokens();
      return together ? stepParameters.get(0).rows().width() : 0;
    }

    /** Whether the input is another direction's, too. */
    boolean sharesInput(Operands other) {
      return groups == other.groups && u.endAt(other.u, 0);
    }

    /** Whether all step parameters lie in the array in which another direction's do. */
    boolean sharesParameters(Operands other) {
      return parameterWidth() > 0
          && other.parameterWidth() > 0
          && stepParameters.get(0).rows().isOfArray(other.stepParameters.get(0).rows());
    }
  }

  /**
   * Where the directions become one: output = scale * sum * SiLU(gate).
   *
   * @param sum the sum over directions; the same as the output if nobody asks for it later
   * @param gate null for none
   */
  record Merging(Rows sum, Rows output, Rows gate, float scale) {
    /** Directions that are summed apart, to be finished later. */
    Merging into(Rows otherSum) {
      return new Merging(otherSum, output, gate, scale);
    }
  }

  /** Makes ready for a range of channels. */
  void open(Operands operands, int fromChannel, int toChannel, boolean backward) {
    this.operands = operands;
    parameterSteps = operands.parameterPath == operands.path ? steps : otherSteps;
    int width = kernel.lanes();
    int groupChannels = operands.channels / operands.groups;
    int most = (toChannel - fromChannel) / width + operands.groups + 1;
    if (blockChannel.length < most) {
      blockChannel = new int[most];
      blockWidth = new int[most];
    }
    int blocks = 0;
    for (int channel = fromChannel; channel < toChannel; blocks++) {
      int group = channel / groupChannels;
      int end = Math.min(Math.min(channel + width, toChannel), (group + 1) * groupChannels);
      blockChannel[blocks] = channel;
      blockWidth[blocks] = end - channel;
      channel = end;
    }
    tileSteps = backward ? operands.checkpointSteps() : ScanTile.stepsOf(blocks * width);
    tile.reserve(
        width, operands.states, operands.rank, operands.groups, blocks, tileSteps, backward);
    spans.clear();
    for (int first = 0, last; first < blocks; first = last + 1) {
      for (last = first; last + 1 < blocks && blockWidth[last] == width; ) {
        last++;
      }
      int end = blockChannel[last] + blockWidth[last];
      spans.add(new Rows.Span(blockChannel[first], end - blockChannel[first], first * width));
    }
    for (int block = 0; block < blocks; block++) {
      tile.group[block] = blockChannel[block] / groupChannels;
      readParameters(block);
    }
    for (int t = 1; t < tileSteps; t++) {
      System.arraycopy(tile.bias, 0, tile.bias, t * tile.stride, tile.stride);
    }
    if (toChannel - fromChannel < tile.stride) { // lanes without a channel stay as they are here
      Arrays.fill(tile.u, 0f);
      Arrays.fill(tile.delta, 0f);
      Arrays.fill(tile.y, 0f);
      Arrays.fill(tile.gate, 0f);
    }
  }

  /** Columns of a row of channels. */
  int stride() {
    return tile.stride;
  }

  private void readParameters(int block) {
    int width = kernel.lanes();
    int states = operands.states;
    for (int i = 0; i < width; i++) {
      int column = block * width + i;
      int channel = blockChannel[block] + i;
      boolean exists = i < blockWidth[block];
      float largest = 0f;
      for (int n = 0; n < states; n++) {
        float decay = exists ? operands.a.get(channel * states + n) * PlainMath.LOG2E : 0f;
        tile.logDecay[(block * states + n) * width + i] = decay;
        largest = Math.max(largest, Math.abs(decay));
      }
      for (int r = 0; r < operands.rank; r++) {
        tile.deltaWeight[(block * operands.rank + r) * width + i] =
            exists ? operands.deltaWeight.get(channel * operands.rank + r) : 0f;
      }
      tile.mostDelta[column] = -PlainMath.LEAST_EXPONENT / largest;
      tile.skip[column] = exists && operands.d != null ? operands.d.get(channel) : 0f;
      tile.bias[column] = exists && operands.bias != null ? operands.bias.get(channel) : 0f;
    }
  }

  /**
   * Walks a sequence.
   *
   * @param begins whether no other direction has added to the sum before, and this one visits every
   *     token
   * @param finishes whether this is the last direction, and it visits every token
   * @param checkpoints where states are kept for the backward pass, (B, checkpoints, D N); null for
   *     none
   */
  void forward(int sequence, Merging merging, boolean begins, boolean finishes, Rows checkpoints) {
    Arrays.fill(tile.state, 0, tile.states * tile.stride, 0f);
    int length = operands.path.steps();
    int most = mostSteps(checkpoints);
    for (int start = 0; start < length; start += most) {
      keepState(checkpoints, sequence, start);
      read(sequence, start, Math.min(most, length - start));
      if (begins) {
        Arrays.fill(tile.y, 0, tile.steps * tile.stride, 0f);
      } else {
        gather(merging.sum(), sequence, steps, tile.y);
      }
      for (int block = 0; block < tile.blocks; block++) {
        kernel.forward(tile, block);
      }
      if (finishes) {
        finishTile(sequence, merging);
      } else {
        scatter(tile.y, merging.sum(), sequence);
      }
    }
  }

  /**
   * Walks a sequence that lies on the heap, and adds to its sum.
   *
   * @param begins whether no other direction has added to the sum before, and this one visits every
   *     token; else it has been zero
   * @param checkpoints as above
   */
  void forward(int sequence, HeapSequence heap, boolean begins, Rows checkpoints) {
    tile.u = heap.u;
    tile.y = heap.sum;
    if (heap.parameterWidth > 0) {
      tile.parameters = heap.parameters;
    }
    Arrays.fill(tile.state, 0, tile.states * tile.stride, 0f);
    int length = operands.path.steps();
    int most = mostSteps(checkpoints);
    for (int start = 0; start < length; start += most) {
      keepState(checkpoints, sequence, start);
      moveTo(start, Math.min(most, length - start));
      placeRows(heap, begins);
      if (heap.parameterWidth == 0) {
        readStepParameters(sequence);
      }
      readDelta(sequence);
      for (int block = 0; block < tile.blocks; block++) {
        kernel.forward(tile, block);
      }
    }
  }

  /** Points the tile's steps to their rows on the heap. */
  private void placeRows(HeapSequence heap, boolean begins) {
    int stride = tile.stride;
    for (int t = 0; t < tile.steps; t++) {
      tile.rows[t] = steps.token(t) * stride;
    }
    if (heap.parameterWidth > 0) {
      int first = operands.stepParameters.get(0).rows().firstColumn();
      for (int t = 0; t < tile.steps; t++) {
        tile.parameterRows[t] = parameterSteps.token(t) * heap.parameterWidth + first;
      }
    }
    if (begins) {
      for (int t = 0; t < tile.steps; t++) {
        Arrays.fill(tile.y, tile.rows[t], tile.rows[t] + stride, 0f);
      }
    }
  }

  /** Copies a sequence to the heap. */
  void copyTo(HeapSequence heap, int sequence) {
    for (Rows.Span span : spans) {
      operands.u.copy(sequence, span, heap.u, tile.stride);
    }
    if (heap.parameterWidth > 0) {
      Rows whole = operands.stepParameters.get(0).rows().from(0);
      Rows.Span all = new Rows.Span(0, heap.parameterWidth, 0);
      whole.copy(sequence, all, heap.parameters, heap.parameterWidth);
    }
  }

  /** Turns the sum on the heap into the output. */
  void finish(int sequence, HeapSequence heap, Merging merging, ScanPath everyToken) {
    tile.useOwnRows();
    for (int start = 0; start < everyToken.steps(); start += tileSteps) {
      moveTo(everyToken, start, Math.min(tileSteps, everyToken.steps() - start));
      int length = tile.steps * tile.stride;
      System.arraycopy(heap.sum, start * tile.stride, tile.y, 0, length);
      finishTile(sequence, merging);
    }
  }

  /** Fewer where states are to be kept between. */
  private int mostSteps(Rows checkpoints) {
    return checkpoints == null ? tileSteps : ScanTile.STEPS;
  }

  private void keepState(Rows checkpoints, int sequence, int start) {
    if (checkpoints != null && start % operands.checkpointSteps() == 0) {
      moveState(tile.state, checkpoints, sequence, start / operands.checkpointSteps());
    }
  }

  /**
   * Turns the sum into the output at tokens from..to-1, where no direction has done so.
   *
   * @param otherSums of directions that were summed apart
   */
  void finish(
      int sequence, List<Rows> otherSums, Merging merging, ScanPath everyToken, int from, int to) {
    boolean isOutput = merging.sum() == merging.output() && otherSums.isEmpty();
    if (isOutput && merging.gate() == null && merging.scale() == 1f) {
      return;
    }
    for (int start = from; start < to; start += ScanTile.STEPS) {
      moveTo(everyToken, start, Math.min(ScanTile.STEPS, to - start));
      gather(merging.sum(), sequence, steps, tile.y);
      for (Rows other : otherSums) {
        gather(other, sequence, steps, tile.u);
        for (int i = 0; i < tile.steps * tile.stride; i++) {
          tile.y[i] += tile.u[i];
        }
      }
      finishTile(sequence, merging);
    }
  }

  private void moveTo(ScanPath path, int start, int count) {
    tile.steps = count;
    steps.moveTo(path, start, count);
  }

  private void finishTile(int sequence, Merging merging) {
    if (merging.sum() != merging.output()) {
      scatter(tile.y, merging.sum(), sequence);
    }
    applyGate(sequence, merging);
    scatter(tile.y, merging.output(), sequence);
  }

  /** y = scale * y * SiLU(gate), for the sum as well as for the gradient of the output. */
  private void applyGate(int sequence, Merging merging) {
    int length = tile.steps * tile.stride;
    float scale = merging.scale();
    float[] y = tile.y;
    if (merging.gate() != null) {
      gather(merging.gate(), sequence, steps, tile.gate);
      kernel.sigmoid(tile.gate, tile.sigmoid, length);
      float[] z = tile.gate;
      float[] sigmoid = tile.sigmoid;
      for (int i = 0; i < length; i++) {
        y[i] *= scale * z[i] * sigmoid[i];
      }
    } else if (scale != 1f) {
      for (int i = 0; i < length; i++) {
        y[i] *= scale;
      }
    }
  }

  /** Copies a state matrix to row {@code index} of (B, indices, D N). */
  private void moveState(float[] matrix, Rows to, int sequence, int index) {
    int lanes = kernel.lanes();
    int states = tile.states;
    for (int block = 0; block < tile.blocks; block++) {
      int width = blockWidth[block];
      int column = blockChannel[block] * states;
      int from = block * states * lanes;
      if (width == lanes) {
        to.put(sequence, index, column, states * lanes, matrix, from);
      } else {
        for (int n = 0; n < states; n++) {
          to.put(sequence, index, column + n * width, width, matrix, from + n * lanes);
        }
      }
    }
  }

  /** Reads a block of what {@link #moveState} has written into the start of the history. */
  private void readState(Rows from, int sequence, int index, int block) {
    int lanes = kernel.lanes();
    int states = tile.states;
    int width = blockWidth[block];
    int column = blockChannel[block] * states;
    if (width == lanes) {
      from.get(sequence, index, column, states * lanes, tile.history, 0);
    } else {
      Arrays.fill(tile.history, 0, states * lanes, 0f);
      for (int n = 0; n < states; n++) {
        from.get(sequence, index, column + n * width, width, tile.history, n * lanes);
      }
    }
  }

  /** The state after the last step, in the operator's order, to (B, D, N). */
  void readLastState(int sequence, Rows lastState) {
    for (int block = 0; block < tile.blocks; block++) {
      for (int i = 0; i < blockWidth[block]; i++) {
        readColumn(tile.state, tile.states, block, i);
        lastState.put(sequence, blockChannel[block] + i, 0, tile.states, tile.scratch, 0);
      }
    }
  }

  /** scratch = a lane's column of [block][count][lane]. */
  private void readColumn(float[] matrix, int count, int block, int lane) {
    int lanes = kernel.lanes();
    for (int n = 0; n < count; n++) {
      tile.scratch[n] = matrix[(block * count + n) * lanes + lane];
    }
  }

  /** Where a direction's gradients go: those of the operands are added to. */
  record Gradients(Rows u, Rows delta, Rows b, Rows c) {}

  /**
   * Walks a sequence backwards from the checkpoints of the forward pass.
   *
   * @param merging that of the forward pass, its output being the output's gradient here
   * @param gateGradient added to by the direction that finishes; null if there is no gate or none
   *     does
   * @param partial the sequence of the gradients of B and C, where workers keep their own
   */
  void backward(
      int sequence,
      Merging merging,
      Rows checkpoints,
      Gradients gradients,
      Rows gateGradient,
      int partial) {
    Arrays.fill(tile.stateGradient, 0, tile.states * tile.stride, 0f);
    int length = operands.path.steps();
    for (int chunk = operands.checkpoints() - 1; chunk >= 0; chunk--) {
      int start = chunk * operands.checkpointSteps();
      read(sequence, start, Math.min(operands.checkpointSteps(), length - start));
      gather(merging.output(), sequence, steps, tile.y);
      if (gateGradient != null) {
        System.arraycopy(tile.y, 0, tile.deltaGradient, 0, tile.steps * tile.stride);
      }
      applyGate(sequence, merging);
      if (gateGradient != null) {
        gateGradientOfTile(sequence, merging, tile.deltaGradient, gateGradient);
      }
      int matrices = tile.steps * tile.states * kernel.lanes();
      for (int block = 0; block < tile.blocks; block++) {
        if (block == 0 || tile.group[block - 1] != tile.group[block]) {
          Arrays.fill(tile.bGradient, 0, matrices, 0f);
          Arrays.fill(tile.cGradient, 0, matrices, 0f);
        }
        readState(checkpoints, sequence, chunk, block);
        kernel.backward(tile, block);
        if (block == tile.blocks - 1 || tile.group[block + 1] != tile.group[block]) {
          int column = tile.group[block] * tile.states;
          addSumsOfLanes(tile.bGradient, tile.states, gradients.b(), partial, column);
          addSumsOfLanes(tile.cGradient, tile.states, gradients.c(), partial, column);
        }
      }
      throughSoftplus();
      accumulate(tile.uGradient, gradients.u(), sequence, steps);
      if (operands.rank == 0) {
        accumulate(tile.deltaGradient, gradients.delta(), sequence, parameterSteps);
      } else {
        throughProjection(gradients.delta(), partial);
      }
    }
  }

  /** The gradient of the gate at every token, where no direction finishes. */
  void gateGradient(int sequence, Merging merging, Rows gateGradient, ScanPath everyToken) {
    for (int start = 0; start < everyToken.steps(); start += ScanTile.STEPS) {
      moveTo(everyToken, start, Math.min(ScanTile.STEPS, everyToken.steps() - start));
      gather(merging.output(), sequence, steps, tile.y);
      gather(merging.gate(), sequence, steps, tile.gate);
      kernel.sigmoid(tile.gate, tile.sigmoid, tile.steps * tile.stride);
      gateGradientOfTile(sequence, merging, tile.y, gateGradient);
    }
  }

  /** Adds scale * dout * sum * SiLU'(gate); the gate and its sigmoid are in the tile. */
  private void gateGradientOfTile(
      int sequence, Merging merging, float[] outputGradient, Rows gateGradient) {
    float[] sum = tile.uGradient;
    float[] z = tile.gate;
    float[] sigmoid = tile.sigmoid;
    float scale = merging.scale();
    gather(merging.sum(), sequence, steps, sum);
    for (int i = 0; i < tile.steps * tile.stride; i++) {
      float silu = z[i] * sigmoid[i];
      sum[i] *= scale * outputGradient[i] * (sigmoid[i] + silu - silu * sigmoid[i]);
    }
    accumulate(sum, gateGradient, sequence, steps);
  }

  /** From the gradient of delta to those of what it is projected from and of the weight. */
  private void throughProjection(Rows gradient, int partial) {
    int rank = operands.rank;
    Arrays.fill(tile.dtGradient, 0, tile.steps * rank * kernel.lanes(), 0f);
    for (int block = 0; block < tile.blocks; block++) {
      kernel.projectBackward(tile, block);
    }
    addSumsOfLanes(tile.dtGradient, rank, gradient, partial, 0);
  }

  /** Adds [step][count][lane], summed over lanes, to count columns of the tokens' rows. */
  private void addSumsOfLanes(float[] gradient, int count, Rows to, int sequence, int column) {
    int lanes = kernel.lanes();
    for (int t = 0; t < tile.steps; t++) {
      int token = parameterSteps.token(t);
      to.get(sequence, token, column, count, tile.scratch, 0);
      for (int n = 0; n < count; n++) {
        tile.scratch[n] += kernel.sumOfLanes(gradient, (t * count + n) * lanes);
      }
      to.put(sequence, token, column, count, tile.scratch, 0);
    }
  }

  /**
   * The gradients of A, D, the bias and the delta weight over all sequences so far, to a row of (1,
   * rows, D N + 2 D + D R).
   */
  void readParameterGradients(Rows sums, int row) {
    int channels = operands.channels;
    int matrix = channels * tile.states;
    putByChannel(tile.aGradient, tile.states, sums, row, 0);
    for (Rows.Span span : spans) {
      int column = matrix + span.column();
      sums.put(0, row, column, span.count(), tile.skipGradient, span.offset());
      sums.put(0, row, column + channels, span.count(), tile.biasGradient, span.offset());
    }
    putByChannel(tile.deltaWeightGradient, tile.rank, sums, row, matrix + 2 * channels);
  }

  /** Copies [block][count][lane] to count columns a channel. */
  private void putByChannel(float[] matrix, int count, Rows to, int row, int column) {
    for (int block = 0; block < tile.blocks; block++) {
      for (int i = 0; i < blockWidth[block]; i++) {
        readColumn(matrix, count, block, i);
        int channel = blockChannel[block] + i;
        to.put(0, row, column + channel * count, count, tile.scratch, 0);
      }
    }
  }

  /** Fills the tile with everything that the recurrence reads. */
  private void read(int sequence, int start, int count) {
    moveTo(start, count);
    gather(operands.u, sequence, steps, tile.u);
    readStepParameters(sequence);
    readDelta(sequence);
  }

  private void moveTo(int start, int count) {
    moveTo(operands.path, start, count);
    if (parameterSteps != steps) {
      parameterSteps.moveTo(operands.parameterPath, start, count);
    }
  }

  private void readStepParameters(int sequence) {
    for (Operands.Part part : operands.stepParameters) {
      part.rows()
          .gather(sequence, parameterSteps, part.span(), tile.parameters, tile.parameterStride);
    }
  }

  private void readDelta(int sequence) {
    if (operands.rank == 0) {
      gather(operands.delta, sequence, parameterSteps, tile.delta);
    } else {
      for (int block = 0; block < tile.blocks; block++) {
        kernel.project(tile, block);
      }
    }
    int length = tile.steps * tile.stride;
    if (operands.softplus) {
      kernel.softplus(tile.delta, tile.bias, length);
    } else if (operands.bias != null) {
      for (int i = 0; i < length; i++) {
        tile.delta[i] += tile.bias[i];
      }
    }
  }

  private void gather(Rows source, int sequence, Steps along, float[] target) {
    for (Rows.Span span : spans) {
      source.gather(sequence, along, span, target, tile.stride);
    }
  }

  private void scatter(float[] source, Rows target, int sequence) {
    for (Rows.Span span : spans) {
      target.scatter(sequence, steps, span, source, tile.stride);
    }
  }

  private void accumulate(float[] source, Rows target, int sequence, Steps along) {
    for (Rows.Span span : spans) {
      target.accumulate(sequence, along, span, source, tile.stride, tile.scratch);
    }
  }

  /** From the gradient of softplus(delta + bias) to those of delta and the bias. */
  private void throughSoftplus() {
    int length = tile.steps * tile.stride;
    float[] gradient = tile.deltaGradient;
    if (operands.softplus) {
      float[] derivative = tile.scratch;
      kernel.oneMinusExpOfMinus(tile.delta, derivative, length);
      for (int i = 0; i < length; i++) {
        gradient[i] *= derivative[i];
      }
    }
    for (int t = 0; t < tile.steps; t++) {
      addRowTo(gradient, t * tile.stride, tile.biasGradient, tile.stride);
    }
  }

  private static void addRowTo(float[] rows, int from, float[] sum, int length) {
    for (int i = 0; i < length; i++) {
      sum[i] += rows[from + i];
    }
  }
}
