package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.CheckpointException.quote;

import dev.visionmamba.zoo.checkpoint.Pickled.Opaque;
import dev.visionmamba.zoo.checkpoint.Pickled.Sequence;
import dev.visionmamba.zoo.checkpoint.Pickled.Storage;
import dev.visionmamba.zoo.checkpoint.Pickled.Tensor;
import dev.visionmamba.zoo.checkpoint.ZipDirectory.Region;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds out what files of {@code torch.save} hold: the zip archives of PyTorch 1.6 and later, and
 * the older files of pickles in a row followed by the storages.
 */
final class PyTorchFiles {
  private static final String PICKLE = "data.pkl";

  /** The number that an older file starts with. */
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);

  private static final long LEGACY_PROTOCOL = 1001;

  /**
   * What a file holds.
   *
   * @param tensors in the order of the pickle
   * @param values everything else that is worth printing, by the keys on the way
   * @param containers the keys on the way to every dictionary that holds tensors
   * @param inertNames names that the pickle would have called
   */
  record Contents(
      List<StoredTensor> tensors,
      Map<String, String> values,
      List<String> containers,
      List<String> inertNames) {}

  private PyTorchFiles() {}

  /** Reads the directory and the pickle of an archive. */
  static Contents readZip(CheckpointInput input) throws CheckpointException {
    Map<String, Region> entries = ZipDirectory.read(input);
    String prefix = prefix(entries, input.file());
    if (entries.containsKey(prefix + "constants.pkl")) {
      throw new CheckpointException(
          input.file(),
          "is a TorchScript program, not a state dict",
          "save the module's state_dict() instead");
    }
    Region order = entries.get(prefix + "byteorder");
    if (order != null && !text(order, input).equals("little")) {
      throw new CheckpointException(
          input.file(), "is not little-endian", "write it anew on a little-endian machine");
    }
    Region pickle = entries.get(prefix + PICKLE);
    PickledCalls calls = new PickledCalls();
    Object root =
        Unpickler.load(
            new PickleSource(input, pickle.start(), pickle.start() + pickle.length()), calls);
    Map<String, Region> storages = new HashMap<>();
    entries.forEach(
        (name, region) -> {
          if (name.startsWith(prefix + "data/")) {
            storages.put(name.substring((prefix + "data/").length()), region);
          }
        });
    return contents(root, storages, calls, input);
  }

  /** The folder of the archive's only pickle, with its slash. */
  private static String prefix(Map<String, Region> entries, String file)
      throws CheckpointException {
    List<String> pickles =
        entries.keySet().stream()
            .filter(
                name -> name.endsWith("/" + PICKLE) && name.indexOf('/') == name.lastIndexOf('/'))
            .toList();
    if (pickles.size() != 1) {
      throw new CheckpointException(
          file,
          "is a zip archive with " + pickles.size() + " pickles (NAME/data.pkl), not one",
          "give a file that torch.save has written");
    }
    return pickles.get(0).substring(0, pickles.get(0).length() - PICKLE.length());
  }

  private static String text(Region region, CheckpointInput input) throws CheckpointException {
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(16, region.length()));
    input.seek(region.start());
    input.fill(bytes, "its byte order");
    return new String(bytes.array(), StandardCharsets.US_ASCII);
  }

  /** Reads the pickles of an older file: a number, a version, the writer's system, the rest. */
  static Contents readLegacy(CheckpointInput input) throws CheckpointException {
    PickleSource source = new PickleSource(input, 0, input.length());
    PickledCalls calls = new PickledCalls();
    if (!MAGIC.equals(Unpickler.load(source, calls))) {
      throw new CheckpointException(
          input.file(),
          "is a pickle, but not one that torch.save has written",
          "give a file that torch.save has written");
    }
    Object protocol = Unpickler.load(source, calls);
    if (!Long.valueOf(LEGACY_PROTOCOL).equals(protocol)) {
      throw new CheckpointException(
          input.file(),
          "is of another version of the old format than " + LEGACY_PROTOCOL,
          "load and save it anew with PyTorch");
    }
    requireLittleEndian(Unpickler.load(source, calls), input.file());
    Object root = Unpickler.load(source, calls);
    if (!(Unpickler.load(source, calls) instanceof Sequence keys)) {
      throw source.damaged("has no list of storages");
    }
    return contents(root, legacyStorages(keys, source, calls, input), calls, input);
  }

  private static void requireLittleEndian(Object system, String file) throws CheckpointException {
    if (system instanceof Pickled.Dict dict
        && Boolean.FALSE.equals(dict.texts.get("little_endian"))) {
      throw new CheckpointException(
          file, "is not little-endian", "write it anew on a little-endian machine");
    }
  }

  /** The storages follow in the order of their keys, each after the number of its elements. */
  private static Map<String, Region> legacyStorages(
      Sequence keys, PickleSource source, PickledCalls calls, CheckpointInput input)
      throws CheckpointException {
    Map<String, Region> storages = new HashMap<>();
    for (Object key : keys.items) {
      TorchType type = key instanceof String name ? calls.storageTypes().get(name) : null;
      if (type == null) {
        throw source.damaged("lists a storage that no tensor shows");
      }
      long elements = source.i64();
      if (elements < 0 || elements > (input.length() - source.position()) / type.bytes()) {
        throw new CheckpointException(
            input.file(),
            String.format(
                "is truncated: its storage %s has %d elements, but %d bytes follow",
                quote((String) key), elements, input.length() - source.position()),
            "fetch the file again");
      }
      storages.put((String) key, new Region(source.position(), elements * type.bytes()));
      source.skip(elements * type.bytes());
    }
    return storages;
  }

  private static Contents contents(
      Object root, Map<String, Region> storages, PickledCalls calls, CheckpointInput input)
      throws CheckpointException {
    PickleIndex index = PickleIndex.of(root, input.file());
    List<StoredTensor> tensors = new ArrayList<>();
    for (PickleIndex.Found found : index.tensors()) {
      if (found.value() instanceof Tensor tensor) {
        tensors.add(stored(found.name(), tensor, storages, input));
      } else {
        tensors.add(StoredTensor.unreadable(found.name(), ((Opaque) found.value()).name, input));
      }
    }
    return new Contents(
        tensors, index.values(), List.copyOf(index.containers()), List.copyOf(calls.inertNames()));
  }

  private static StoredTensor stored(
      String name, Tensor tensor, Map<String, Region> storages, CheckpointInput input)
      throws CheckpointException {
    Storage storage = tensor.storage();
    Region region = storages.get(storage.key());
    if (region == null) {
      throw new CheckpointException(
          input.file(),
          "lacks the storage " + quote(storage.key()) + " of tensor " + quote(name),
          PickleSource.DAMAGED);
    }
    long available = region.length() / storage.type().bytes();
    if (storage.elements() > available - storage.first()) {
      throw new CheckpointException(
          input.file(),
          String.format(
              "has a storage %s of %d bytes, too few for the %d elements of tensor %s",
              quote(storage.key()), region.length(), storage.elements(), quote(name)),
          PickleSource.DAMAGED);
    }
    long start =
        region.start()
            + storage.first() * storage.type().bytes()
            + tensor.offset() * tensor.type().bytes();
    return StoredTensor.view(
        name, tensor.type().dtype(), tensor.shape(), tensor.strides(), input, start);
  }
}
