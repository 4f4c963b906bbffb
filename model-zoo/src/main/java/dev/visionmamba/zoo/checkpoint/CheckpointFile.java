package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.CheckpointException.quote;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A weights file of any supported format, opened: what it holds is known, no tensor has been read
 * yet. Which format it is, its content says and not its name: files of {@code torch.save} (the zip
 * archives of PyTorch 1.6 and later, and the older format; pickle protocols 2 to 5), safetensors
 * files, and indices of several safetensors files in one folder.
 *
 * <p>Pickles are read as data: nothing in them is run or looked up. Names that a pickle would have
 * called are {@linkplain #inertNames listed}. What a file may make the reader build is limited.
 *
 * <p>It holds its files open until it is closed, and is for one thread at a time.
 */
public final class CheckpointFile implements AutoCloseable {
  private static final int FIRST_BYTES = 512;
  private static final int MAX_SHARDS = 500;

  /** What kind of file it is. */
  public enum Format {
    /** One safetensors file. */
    SAFETENSORS("safetensors"),
    /** Several safetensors files and their index. */
    SHARDED_SAFETENSORS("sharded safetensors"),
    /** A zip archive of PyTorch. */
    PYTORCH("PyTorch"),
    /** PyTorch's format before 1.6. */
    LEGACY_PYTORCH("PyTorch, before 1.6");

    private final String title;

    Format(String title) {
      this.title = title;
    }

    @Override
    public String toString() {
      return title;
    }
  }

  private final String name;
  private final Format format;
  private final long length;
  private final List<StoredTensor> tensors;
  private final Map<String, String> values;
  private final Set<String> containers;
  private final List<String> inertNames;
  private final List<SeekableByteChannel> channels;

  private CheckpointFile(
      String name,
      Format format,
      long length,
      List<StoredTensor> tensors,
      Map<String, String> values,
      Collection<String> containers,
      List<String> inertNames,
      List<SeekableByteChannel> channels) {
    this.name = name;
    this.format = format;
    this.length = length;
    this.tensors = List.copyOf(tensors);
    this.values = Collections.unmodifiableMap(values);
    this.containers = new LinkedHashSet<>(containers);
    this.inertNames = inertNames;
    this.channels = channels;
  }

  /**
   * Opens a file.
   *
   * @param file the file, or the index of several
   * @return the opened file
   * @throws CheckpointException if it is missing, damaged, or of a format that is not supported
   */
  public static CheckpointFile open(Path file) throws CheckpointException {
    return open(file.toString(), channel(file), file.toAbsolutePath().getParent());
  }

  /**
   * Opens a file that is not on a disk.
   *
   * @param name what messages call it
   * @param channel its bytes; closed with it
   */
  static CheckpointFile open(String name, SeekableByteChannel channel) throws CheckpointException {
    return open(name, channel, null);
  }

  private static SeekableByteChannel channel(Path file) throws CheckpointException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new CheckpointException(
          file.toString(), "is not a regular file", "give the path of a weights file");
    }
    try {
      return FileChannel.open(file);
    } catch (NoSuchFileException e) {
      throw new CheckpointException(file.toString(), "does not exist", "check the path", e);
    } catch (IOException e) {
      throw new CheckpointException(
          file.toString(), "cannot be read (" + e + ")", "check that it exists and may be read", e);
    }
  }

  private static CheckpointFile open(String name, SeekableByteChannel channel, Path folder)
      throws CheckpointException {
    List<SeekableByteChannel> channels = new ArrayList<>(List.of(channel));
    boolean opened = false;
    try {
      CheckpointInput input = new CheckpointInput(channel, channel.size(), name);
      CheckpointFile file =
          switch (recognise(input)) {
            case PYTORCH -> ofPickle(Format.PYTORCH, PyTorchFiles.readZip(input), input, channels);
            case LEGACY_PYTORCH ->
                ofPickle(Format.LEGACY_PYTORCH, PyTorchFiles.readLegacy(input), input, channels);
            case SHARDED_SAFETENSORS -> ofShards(input, folder, channels);
            case SAFETENSORS -> ofSafetensors(input, channels);
          };
      opened = true;
      return file;
    } catch (CheckpointException e) {
      throw e;
    } catch (IOException e) {
      throw new CheckpointException(name, "cannot be read (" + e + ")", "check the disk", e);
    } finally {
      if (!opened) {
        closeAll(channels);
      }
    }
  }

  /** Tells the format by the first bytes and leaves the input at the first. */
  private static Format recognise(CheckpointInput input) throws CheckpointException {
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(FIRST_BYTES, input.length()));
    input.fill(bytes, "its first bytes");
    input.seek(0);
    String start = new String(bytes.array(), StandardCharsets.ISO_8859_1);
    if (start.startsWith("\0\0\0\0{", 4)) {
      return Format.SAFETENSORS; // whatever its header's length looks like
    }
    if (start.startsWith("PK\3\4")) {
      return Format.PYTORCH;
    }
    if (start.startsWith("\u0080") && start.length() > 1 && start.charAt(1) <= 5) {
      return Format.LEGACY_PYTORCH;
    }
    if (start.startsWith("ustar", 257)
        || start.matches("(?s)(storages|tensors|sys_info|pickle)\0.*")) {
      throw new CheckpointException(
          input.file(),
          "is a tar archive, PyTorch's format before 0.1.10, which is not supported",
          "load and save it anew with PyTorch");
    }
    if (start.startsWith("\u001f\u008b")) {
      throw new CheckpointException(input.file(), "is compressed by gzip", "decompress it first");
    }
    return start.startsWith("{") ? Format.SHARDED_SAFETENSORS : Format.SAFETENSORS;
  }

  private static CheckpointFile ofPickle(
      Format format,
      PyTorchFiles.Contents contents,
      CheckpointInput input,
      List<SeekableByteChannel> channels) {
    return new CheckpointFile(
        input.file(),
        format,
        input.length(),
        contents.tensors(),
        contents.values(),
        contents.containers(),
        contents.inertNames(),
        channels);
  }

  private static CheckpointFile ofSafetensors(
      CheckpointInput input, List<SeekableByteChannel> channels) throws CheckpointException {
    SafetensorsHeader header = SafetensorsHeaderParser.parse(input);
    return new CheckpointFile(
        input.file(),
        Format.SAFETENSORS,
        input.length(),
        Safetensors.stored(header, input),
        header.metadata(),
        List.of(""),
        List.of(),
        channels);
  }

  private static CheckpointFile ofShards(
      CheckpointInput index, Path folder, List<SeekableByteChannel> channels) throws IOException {
    Map<String, String> shardOf = ShardedSafetensors.readIndex(index);
    Set<String> shards = new LinkedHashSet<>(shardOf.values());
    if (shards.size() > MAX_SHARDS || (folder == null && !shards.isEmpty())) {
      throw new CheckpointException(
          index.file(), "names " + shards.size() + " files", "give one file with all tensors");
    }
    Map<String, StoredTensor> found = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    long length = index.length();
    for (String shard : shards) {
      Path path = folder.resolve(shard);
      SeekableByteChannel channel = channel(path);
      channels.add(channel);
      CheckpointInput input = new CheckpointInput(channel, channel.size(), path.toString());
      SafetensorsHeader header = SafetensorsHeaderParser.parse(input);
      for (StoredTensor tensor : Safetensors.stored(header, input)) {
        if (!shard.equals(shardOf.get(tensor.name()))) {
          throw new CheckpointException(
              path.toString(),
              "has the tensor "
                  + quote(tensor.name())
                  + ", which "
                  + index.file()
                  + " does not say is there",
              "fetch the files again, all of one version");
        }
        found.put(tensor.name(), tensor);
      }
      metadata.putAll(header.metadata());
      length += channel.size();
    }
    List<StoredTensor> tensors = new ArrayList<>();
    for (Map.Entry<String, String> entry : shardOf.entrySet()) {
      StoredTensor tensor = found.get(entry.getKey());
      if (tensor == null) {
        throw new CheckpointException(
            folder.resolve(entry.getValue()).toString(),
            "lacks the tensor "
                + quote(entry.getKey())
                + ", which "
                + index.file()
                + " says is there",
            "fetch the files again, all of one version");
      }
      tensors.add(tensor);
    }
    return new CheckpointFile(
        index.file(),
        Format.SHARDED_SAFETENSORS,
        length,
        tensors,
        metadata,
        List.of(""),
        List.of(),
        channels);
  }

  /**
   * What messages call the file.
   *
   * @return its path as it was given
   */
  public String name() {
    return name;
  }

  /**
   * The file's format.
   *
   * @return the format, by the file's content
   */
  public Format format() {
    return format;
  }

  /**
   * The file's size.
   *
   * @return bytes, of all files together
   */
  public long length() {
    return length;
  }

  /**
   * Every tensor of the file.
   *
   * @return the tensors, named by all keys on the way to them, in the order of the file
   */
  public List<StoredTensor> tensors() {
    return tensors;
  }

  /**
   * What the file holds beside tensors.
   *
   * @return of a safetensors file the metadata's texts by key; of a PyTorch file values of its
   *     first three levels as text, cut to some 200 characters, by the keys on the way to them
   */
  public Map<String, String> values() {
    return values;
  }

  /**
   * Names that the file's pickle would have called, or made objects of, beyond containers, tensors
   * and small values. Nothing has happened to them.
   *
   * @return {@code module.name}, sorted; at most 1000
   */
  public List<String> inertNames() {
    return inertNames;
  }

  /**
   * Whether there are tensors under a key.
   *
   * @param key keys joined by dots, or the empty text for the whole file
   * @return whether {@link #stateDict} finds something
   */
  public boolean hasStateDict(String key) {
    return containers.contains(key);
  }

  /**
   * The state dict under a key.
   *
   * @param key keys joined by dots, {@code model}, or the empty text for the whole file
   * @return the tensors by their names below the key
   * @throws CheckpointException if there are none; the message lists the keys that there are
   */
  public List<StoredTensor> stateDict(String key) throws CheckpointException {
    if (!hasStateDict(key)) {
      throw new CheckpointException(
          name,
          "has no tensors under the key " + quote(key) + "; it has " + outline(),
          "choose one of these keys");
    }
    if (key.isEmpty()) {
      return tensors;
    }
    String prefix = key + ".";
    return tensors.stream()
        .filter(tensor -> tensor.name().startsWith(prefix))
        .map(tensor -> tensor.named(tensor.name().substring(prefix.length())))
        .toList();
  }

  /**
   * Where the file most likely keeps a state dict: {@code model}, {@code state_dict}, {@code
   * model_ema} or another of the keys that training scripts use.
   *
   * @return the key; empty for the whole file if it has none of them
   */
  public String findKey() {
    return findKey(PublishedNames.KEYS);
  }

  /** The first of some keys that the file has; empty for the whole file if it has none of them. */
  String findKey(List<String> keys) {
    return keys.stream().filter(this::hasStateDict).findFirst().orElse("");
  }

  /** Says what the file's first level holds. */
  private String outline() {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (String container : containers) {
      if (!container.isEmpty() && !container.contains(".")) {
        counts.put(container, 0);
      }
    }
    int direct = 0;
    for (StoredTensor tensor : tensors) {
      int dot = tensor.name().indexOf('.');
      String first = dot < 0 ? tensor.name() : tensor.name().substring(0, dot);
      if (counts.computeIfPresent(first, (ignored, count) -> count + 1) == null) {
        direct++;
      }
    }
    List<String> parts = new ArrayList<>();
    counts.forEach((key, count) -> parts.add(quote(key) + " (" + count + " tensors)"));
    if (direct > 0) {
      parts.add(direct + " tensors without a key");
    }
    return parts.isEmpty()
        ? "no tensors at all"
        : parts.stream().limit(20).collect(Collectors.joining(", "));
  }

  /**
   * Reads tensors straight into the memory of arrays.
   *
   * @param selection tensors of this file, of different names
   * @param manager owns the arrays, which lie on its device; of the PyTorch engine
   * @return the arrays by name, in the order of the selection
   * @throws CheckpointException if one cannot be read, or is of a type that no array can hold; no
   *     array is left behind
   */
  public Map<String, NDArray> read(Collection<StoredTensor> selection, NDManager manager)
      throws CheckpointException {
    return TensorReader.read(selection, length, name, manager);
  }

  /** Closes the files. Arrays that were read stay. */
  @Override
  public void close() {
    closeAll(channels);
  }

  private static void closeAll(List<SeekableByteChannel> channels) {
    for (SeekableByteChannel channel : channels) {
      try {
        channel.close();
      } catch (IOException e) {
        // Only read from: nothing is lost.
      }
    }
  }
}
