package dev.visionmamba.zoo.download;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A file on its way: what has arrived, and beside it what the server said of the whole, so that a
 * later attempt, of another process even, can ask for the rest of the same file.
 */
final class PartialFile {
  static final String SUFFIX = ".part";
  static final String STATE_SUFFIX = ".part.json";

  /**
   * What the server said.
   *
   * @param url where the file was asked for
   * @param validator an entity tag or a date that stands for this very content; empty if none
   * @param total the file's size in bytes, -1 if unknown
   * @param digests by algorithm, in lower-case hexadecimal
   */
  record State(String url, String validator, long total, Map<String, String> digests) {
    boolean isComplete() {
      return url != null && validator != null && digests != null;
    }
  }

  private final Path part;
  private final Path stateFile;
  private State state;

  private PartialFile(Path part, Path stateFile, State state) {
    this.part = part;
    this.stateFile = stateFile;
    this.state = state;
  }

  /** What is there of a file that will be called so. */
  static PartialFile of(Path target) throws IOException {
    Path part = target.resolveSibling(target.getFileName() + SUFFIX);
    Path stateFile = target.resolveSibling(target.getFileName() + STATE_SUFFIX);
    return new PartialFile(part, stateFile, read(stateFile).orElse(null));
  }

  private static Optional<State> read(Path stateFile) throws IOException {
    if (!Files.exists(stateFile)) {
      return Optional.empty();
    }
    try {
      State state = new Gson().fromJson(Files.readString(stateFile), State.class);
      return Optional.ofNullable(state).filter(State::isComplete);
    } catch (JsonParseException | CharacterCodingException e) {
      return Optional.empty(); // then the file is fetched anew
    }
  }

  Path path() {
    return part;
  }

  /** What the server said; only after {@link #begin} or where there is something to resume. */
  State state() {
    return state;
  }

  /** How many bytes are here. */
  long size() throws IOException {
    return Files.exists(part) ? Files.size(part) : 0;
  }

  /** How many bytes of the file at this URL are here and can be gone on from. */
  long resumable(URI url) throws IOException {
    boolean same = state != null && state.url().equals(url.toString());
    long here = same && !state.validator().isEmpty() ? size() : 0;
    return here < CheckpointBytes.COUNT ? 0 : here; // else the first bytes were never looked at
  }

  /** Whether all bytes of the file at this URL are here. */
  boolean isWhole(URI url) throws IOException {
    long here = resumable(url);
    return here > 0 && here == state.total();
  }

  /** Begins anew. */
  void begin(State newState) throws IOException {
    Files.deleteIfExists(part); // first, so that no old bytes meet a new state
    AtomicFiles.writeText(stateFile, new Gson().toJson(newState));
    state = newState;
  }

  /** Forgets all that is here. */
  void discard() throws IOException {
    Files.deleteIfExists(part);
    Files.deleteIfExists(stateFile);
    state = null;
  }

  /** Forgets what the server said, when the file has its final name. */
  void forgetState() throws IOException {
    Files.deleteIfExists(stateFile);
  }
}
