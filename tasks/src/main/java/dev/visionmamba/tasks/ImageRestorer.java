package dev.visionmamba.tasks;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.backbones.Precision;
import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.restoration.MemoryBudgetException;
import dev.visionmamba.tasks.restoration.SelfEnsemble;
import dev.visionmamba.tasks.restoration.TileFunction;
import dev.visionmamba.tasks.restoration.TileProgress;
import dev.visionmamba.tasks.restoration.TiledRestoration;
import dev.visionmamba.tasks.restoration.Tiling;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.RestorerModel;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Makes pictures better: larger, or without noise, blur or the artifacts of compression, as its
 * model was trained to. Pictures of any size are restored in tiles; grey stays grey, alpha and 16
 * bits stay. Thread-safe: one restorer serves any number of threads, each with tiles of its own.
 * Close it to free its weights.
 *
 * <pre>{@code
 * try (ImageRestorer restorer = ImageRestorer.load("mambair_light_x2")) {
 *   restorer.restore(DeepImage.read(Path.of("small.png"))).write(Path.of("large.png"));
 * }
 * }</pre>
 */
public final class ImageRestorer implements AutoCloseable {
  private final SharedModel<RestorerModel> shared;
  private final int scale;

  /** Measured where it is first needed; 0 before. */
  private long bytesPerPixel;

  private ImageRestorer(RestorerModel model) {
    model.network().foldNorms(); // faster, and the same within rounding
    this.shared = new SharedModel<>(model, "restorer");
    this.scale = model.network().scale();
  }

  /**
   * Loads a restorer on the CPU.
   *
   * @param nameOrPath a bundled or a published model's name (which is downloaded once), a
   *     safetensors file with a description, or a folder that training has written
   * @return the restorer
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no restorer's
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static ImageRestorer load(String nameOrPath)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return load(nameOrPath, Device.cpu());
  }

  /**
   * Loads a restorer.
   *
   * @param nameOrPath as above
   * @param device where it computes
   * @return the restorer
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no restorer's
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static ImageRestorer load(String nameOrPath, Device device)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return of(ModelCatalogue.loadRestorer(nameOrPath, device));
  }

  /**
   * Loads a restorer that computes in some precision.
   *
   * @param nameOrPath as above
   * @param device where it computes
   * @param precision of its products
   * @return the restorer
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no restorer's
   * @throws MalformedModelException if its weights do not fit its network
   * @throws IllegalArgumentException if the device is not there
   */
  public static ImageRestorer load(String nameOrPath, Device device, Precision precision)
      throws ModelNotFoundException, IOException, MalformedModelException {
    RestorerModel model = ModelCatalogue.loadRestorer(nameOrPath, device);
    model.setPrecision(precision);
    return of(model);
  }

  /**
   * A restorer of a loaded model, for instance of a published file that is on the disk already.
   *
   * @param model with all its weights, its batch norms folded into the convolutions before them for
   *     good; closed with the restorer
   * @return the restorer
   */
  public static ImageRestorer of(RestorerModel model) {
    return new ImageRestorer(model);
  }

  /**
   * Restores a picture in a file.
   *
   * @param file any picture that {@link DeepImage#read} reads
   * @return the restored picture
   * @throws IOException if it cannot be read or is no picture
   * @throws IllegalStateException if this restorer is closed
   */
  public DeepImage restore(Path file) throws IOException {
    return restore(DeepImage.read(file));
  }

  /**
   * Restores a picture with {@link RestorerOptions#DEFAULT}.
   *
   * @param picture of any size, grey or RGB, with alpha or without, 8 or 16 bits a level
   * @return the restored picture, {@link #scale} times as high and wide, of the same kind
   * @throws IllegalStateException if this restorer is closed
   */
  public DeepImage restore(DeepImage picture) {
    return restore(picture, RestorerOptions.DEFAULT, (done, all) -> {});
  }

  /**
   * Restores a picture. A memory budget is divided so: what the process holds already and the
   * result are taken off, and the tiles are as large as the rest allows at {@link #bytesPerPixel}.
   *
   * @param picture of any size, grey or RGB, with alpha or without, 8 or 16 bits a level; a network
   *     for grey restores each colour by itself, one for colours is given grey three times
   * @param options tiles, memory, ensemble
   * @param progress is told after each tile, on this thread
   * @return the restored picture, {@link #scale} times as high and wide, of the same kind
   * @throws MemoryBudgetException if not even the smallest tile fits into the budget
   * @throws IllegalArgumentException if the result has over {@link Integer#MAX_VALUE} levels
   * @throws IllegalStateException if this restorer is closed, or the network computes what is not a
   *     number
   */
  public DeepImage restore(DeepImage picture, RestorerOptions options, TileProgress progress) {
    return shared.use(
        model -> {
          long bytes = options.memoryBytes() == 0 ? 0 : measured(model);
          return restore(model, picture, options, progress, bytes);
        });
  }

  /**
   * Restores a picture by a model that is being trained or is another's, without a memory budget.
   *
   * @param model the model; stays open
   * @param picture the picture
   * @param options tiles and ensemble
   * @return the restored picture
   * @throws IllegalArgumentException if the options have a memory budget, or the result has too
   *     many levels
   * @throws IllegalStateException if the network computes what is not a number
   */
  public static DeepImage restore(RestorerModel model, DeepImage picture, RestorerOptions options) {
    if (options.memoryBytes() != 0) {
      throw new IllegalArgumentException(
          "memoryBytes must be 0 here, got " + options.memoryBytes() + "; use an ImageRestorer");
    }
    return restore(model, picture, options, (done, all) -> {}, 0);
  }

  private static DeepImage restore(
      RestorerModel model,
      DeepImage picture,
      RestorerOptions options,
      TileProgress progress,
      long bytesPerPixel) {
    Tiling tiling = RestorerMemory.tiling(model, picture, options, bytesPerPixel);
    TileFunction tiles = new RestorerTiles(model);
    TileFunction network = options.ensemble() ? new SelfEnsemble(tiles) : tiles;
    return new TiledRestoration(network, model.network().scale(), tiling)
        .restore(picture, progress);
  }

  private synchronized long measured(RestorerModel model) {
    if (bytesPerPixel == 0) {
      bytesPerPixel = RestorerMemory.bytesPerPixel(model);
    }
    return bytesPerPixel;
  }

  /**
   * What the network takes at its peak for each pixel of a tile, weights apart: measured once, by
   * restoring a small tile and one of nine times its pixels, from how far the process's peak grew
   * between them, and a quarter more. Other threads that take memory meanwhile make it larger.
   * Where the system does not tell (other than Linux) it is 96 KiB.
   *
   * @return bytes
   * @throws IllegalStateException if this restorer is closed
   */
  public long bytesPerPixel() {
    return shared.use(this::measured);
  }

  /**
   * How many times higher and wider pictures become.
   *
   * @return 1 for denoising and the like
   */
  public int scale() {
    return scale;
  }

  /**
   * What the model says about itself.
   *
   * @return the description
   */
  public ModelDescription description() {
    return shared.description();
  }

  /** Frees the weights, after the threads that compute have finished. */
  @Override
  public void close() {
    shared.close();
  }
}
