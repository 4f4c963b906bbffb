package dev.visionmamba.zoo.checkpoint;

import dev.visionmamba.zoo.checkpoint.Pickled.Dict;
import dev.visionmamba.zoo.checkpoint.Pickled.Global;
import dev.visionmamba.zoo.checkpoint.Pickled.Omitted;
import dev.visionmamba.zoo.checkpoint.Pickled.Opaque;
import dev.visionmamba.zoo.checkpoint.Pickled.Sequence;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads pickles of protocols 2 to 5 (Python's {@code pickletools} documents the opcodes) as data: a
 * name stays a name, a call goes to the closed table {@link PickledCalls} or becomes an inert
 * {@link Opaque}. Nothing is looked up and nothing runs.
 *
 * <p>What it may build is limited, whatever the pickle says about itself: 64 MB of heap by a
 * cautious count, a million values at a time. Texts and bytes of more than 64 KB are left out.
 */
final class Unpickler {
  private static final long HEAP_LIMIT = 64_000_000;
  private static final int STACK_LIMIT = 1_000_000;
  private static final int KEPT_BYTES = 1 << 16;
  private static final int NUMBER_BYTES = 1 << 10;
  private static final int HIGHEST_PROTOCOL = 5;

  // What values cost on the heap, about.
  private static final int OPCODE = 1;
  private static final int REFERENCE = 16;
  private static final int OBJECT = 48;
  private static final int MEMO = 64;
  private static final int CONTAINER = 200;

  private final PickleSource in;
  private final PickledCalls calls;
  private final List<Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private long heap;

  private Unpickler(PickleSource in, PickledCalls calls) {
    this.in = in;
    this.calls = calls;
  }

  /** Reads one pickle and leaves the source behind it. */
  static Object load(PickleSource in, PickledCalls calls) throws CheckpointException {
    Unpickler unpickler = new Unpickler(in, calls);
    while (true) {
      int opcode = in.u8();
      if (opcode == '.') {
        return unpickler.pop();
      }
      unpickler.charge(OPCODE);
      unpickler.step(opcode);
    }
  }

  private void step(int opcode) throws CheckpointException {
    switch (opcode) {
      case 0x80 -> protocol(in.u8());
      case 0x95 -> in.i64(); // a frame: its length only helps who reads ahead

      case 'N' -> push(null);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'J' -> push((long) in.i32());
      case 'K' -> push((long) in.u8());
      case 'M' -> push((long) in.u16());
      case 0x8a -> push(number(in.u8()));
      case 0x8b -> push(number(in.u32()));
      case 'G' -> push(in.bigEndianDouble());

      case 'X' -> push(text(in.u32()));
      case 0x8c -> push(text(in.u8()));
      case 0x8d -> push(text(in.i64()));
      // Python 2's texts: names in old files.
      case 'T' -> push(text(in.u32()));
      case 'U' -> push(text(in.u8()));
      case 'B' -> push(bytes(in.u32()));
      case 'C' -> push(bytes(in.u8()));
      case 0x8e, 0x96 -> push(bytes(in.i64()));

      case ']', 0x8f -> push(new Sequence(container()));
      case ')' -> push(new Sequence(List.of()));
      case 0x85 -> push(new Sequence(popLast(1)));
      case 0x86 -> push(new Sequence(popLast(2)));
      case 0x87 -> push(new Sequence(popLast(3)));
      case 't', 'l', 0x91 -> push(new Sequence(popToMark()));
      case '}' -> push(dict());
      case 'd' -> {
        List<Object> items = popToMark();
        Dict dict = dict();
        putAll(dict, items);
        push(dict);
      }

      case 'a' -> append(popLast(1));
      case 'e', 0x90 -> append(popToMark());
      case 's' -> setItems(popLast(2));
      case 'u' -> setItems(popToMark());

      case '(' -> mark();
      case '0' -> popOrMark();
      case '1' -> popToMark();
      case '2' -> push(top());

      case 'q' -> remember(in.u8());
      case 'r' -> remember(in.u32());
      case 0x94 -> remember(memo.size());
      case 'h' -> recall(in.u8());
      case 'j' -> recall(in.u32());

      case 'c' -> global(in.line(), in.line());
      case 0x93 -> {
        List<Object> names = popLast(2);
        if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
          throw in.damaged("names something by what is no text");
        }
        global(module, name);
      }
      case 'R', 0x81 -> {
        List<Object> call = popLast(2);
        push(call(call.get(0), call.get(1)));
      }
      case 0x92 -> {
        List<Object> call =
            popLast(3); // keyword arguments, the last, are for no class of the table
        push(call(call.get(0), call.get(1)));
      }
      case 'b' -> build(pop());
      case 'Q' -> push(calls.persistent(pop(), this));
      default ->
          throw in.damaged(String.format("has the opcode 0x%02x, which is not supported,", opcode));
    }
  }

  private void protocol(int version) throws CheckpointException {
    if (version > HIGHEST_PROTOCOL) {
      throw in.damaged("is of protocol " + version + ", not one of 2 to " + HIGHEST_PROTOCOL + ",");
    }
  }

  /** Counts heap that a value needs. */
  void charge(long bytes) throws CheckpointException {
    heap += bytes;
    if (heap > HEAP_LIMIT) {
      throw new CheckpointException(
          in.file(),
          "what it holds beside tensors needs more than " + HEAP_LIMIT / 1_000_000 + " MB",
          "save the state dict alone if the file is to be trusted");
    }
  }

  private void push(Object value) throws CheckpointException {
    charge(value instanceof Number ? OBJECT : REFERENCE);
    if (stack.size() >= STACK_LIMIT) {
      throw in.damaged("has more than " + STACK_LIMIT + " values at a time");
    }
    stack.add(value);
  }

  private Object top() throws CheckpointException {
    if (stack.size() <= floor()) {
      throw in.damaged("takes a value where there is none");
    }
    return stack.get(stack.size() - 1);
  }

  private Object pop() throws CheckpointException {
    Object top = top();
    stack.remove(stack.size() - 1);
    return top;
  }

  /** Values below the last mark cannot be taken. */
  private int floor() {
    return marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
  }

  private List<Object> popLast(int count) throws CheckpointException {
    if (stack.size() - floor() < count) {
      throw in.damaged("takes a value where there is none");
    }
    return cut(stack.size() - count);
  }

  private List<Object> popToMark() throws CheckpointException {
    if (marks.isEmpty()) {
      throw in.damaged("goes back to a mark that there is not");
    }
    return cut(marks.remove(marks.size() - 1));
  }

  /** {@code POP} takes a mark, too. */
  private void popOrMark() throws CheckpointException {
    if (!marks.isEmpty() && floor() == stack.size()) {
      marks.remove(marks.size() - 1);
    } else {
      pop();
    }
  }

  private void mark() throws CheckpointException {
    charge(REFERENCE);
    marks.add(stack.size());
  }

  private List<Object> cut(int from) throws CheckpointException {
    List<Object> end = stack.subList(from, stack.size());
    List<Object> values = new ArrayList<>(end);
    charge(OBJECT + (long) REFERENCE * values.size());
    end.clear();
    return values;
  }

  private List<Object> container() throws CheckpointException {
    charge(OBJECT);
    return new ArrayList<>(0);
  }

  CheckpointException damaged(String problem) {
    return in.damaged(problem);
  }

  /** A new dictionary. */
  Dict dict() throws CheckpointException {
    charge(CONTAINER);
    return new Dict();
  }

  private Object number(long bytes) throws CheckpointException {
    if (bytes > NUMBER_BYTES) {
      throw in.damaged("has a number of " + bytes + " bytes");
    }
    byte[] littleEndian = in.bytes((int) bytes);
    charge(OBJECT + bytes);
    if (bytes == 0) {
      return 0L;
    }
    byte[] bigEndian = new byte[littleEndian.length];
    for (int i = 0; i < bigEndian.length; i++) {
      bigEndian[i] = littleEndian[bigEndian.length - 1 - i];
    }
    BigInteger number = new BigInteger(bigEndian);
    return number.bitLength() < Long.SIZE ? (Object) number.longValue() : number;
  }

  private Object text(long length) throws CheckpointException {
    if (length < 0 || length > KEPT_BYTES) {
      return omitted("text", length);
    }
    charge(OBJECT + 2 * length);
    return new String(in.bytes((int) length), StandardCharsets.UTF_8);
  }

  private Object bytes(long length) throws CheckpointException {
    if (length < 0 || length > KEPT_BYTES) {
      return omitted("bytes", length);
    }
    charge(OBJECT + length);
    return in.bytes((int) length);
  }

  private Omitted omitted(String what, long length) throws CheckpointException {
    in.skip(length);
    charge(OBJECT);
    return new Omitted(what, length);
  }

  private void append(List<Object> values) throws CheckpointException {
    Object target = top();
    charge((long) REFERENCE * values.size());
    if (target instanceof Opaque opaque) {
      opaque.items.addAll(values);
    } else if (target instanceof Sequence sequence && sequence.items instanceof ArrayList<Object>) {
      sequence.items.addAll(values);
    } else {
      throw in.damaged("appends to what is no list");
    }
  }

  private void setItems(List<Object> items) throws CheckpointException {
    Object target = top();
    if (target instanceof Opaque opaque) {
      putAll(opaque.entries, items);
    } else if (target instanceof Dict dict) {
      putAll(dict, items);
    } else {
      throw in.damaged("sets entries of what is no dictionary");
    }
  }

  /** Puts keys and values, which alternate. */
  void putAll(Dict dict, List<Object> items) throws CheckpointException {
    if (items.size() % 2 != 0) {
      throw in.damaged("has a key without a value");
    }
    charge((long) MEMO * items.size());
    for (int i = 0; i < items.size(); i += 2) {
      dict.put(items.get(i), items.get(i + 1));
    }
  }

  private void remember(long index) throws CheckpointException {
    charge(MEMO);
    memo.put(index, top());
  }

  private void recall(long index) throws CheckpointException {
    if (!memo.containsKey(index)) {
      throw in.damaged("recalls the value " + index + ", which was never kept,");
    }
    push(memo.get(index));
  }

  private void global(String module, String name) throws CheckpointException {
    charge(OBJECT + 2L * (module.length() + name.length()));
    push(new Global(module + "." + name));
  }

  private Object call(Object function, Object arguments) throws CheckpointException {
    charge(CONTAINER);
    return calls.call(function, arguments, this);
  }

  /** Gives an object its state. */
  private void build(Object state) throws CheckpointException {
    charge(REFERENCE);
    if (top() instanceof Opaque opaque) {
      opaque.states.add(state);
    }
    // A dictionary's attributes, such as the versions that PyTorch's state dicts carry, are
    // dropped.
  }
}
