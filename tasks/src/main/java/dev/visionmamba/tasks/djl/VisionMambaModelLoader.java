package dev.visionmamba.tasks.djl;

import ai.djl.Application;
import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.repository.MRL;
import ai.djl.repository.Repository;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelLoader;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Progress;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.TrainedModel;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.download.DownloadOptions;
import dev.visionmamba.zoo.download.Downloader;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** Loads one model of {@link VisionMambaZoo} for a {@code Criteria}. */
final class VisionMambaModelLoader implements ModelLoader {
  private final String name;
  private final DjlTask task;
  private final MRL mrl;

  /**
   * The loader of a model.
   *
   * @param name that {@link ModelCatalogue#loadAny} takes
   * @param task what the model answers
   */
  VisionMambaModelLoader(Repository repository, String name, Task task) {
    this.name = name;
    this.task = DjlTask.of(task);
    this.mrl =
        MRL.model(repository, this.task.application(), VisionMambaZoo.GROUP_ID, name, null, null);
  }

  @Override
  public String getGroupId() {
    return mrl.getGroupId();
  }

  @Override
  public String getArtifactId() {
    return name;
  }

  @Override
  public Application getApplication() {
    return mrl.getApplication();
  }

  @Override
  public MRL getMrl() {
    return mrl;
  }

  @Override
  public <I, O> ZooModel<I, O> loadModel(Criteria<I, O> criteria)
      throws IOException, ModelNotFoundException, MalformedModelException {
    TranslatorFactory factory = translators(criteria);
    if (!factory.isSupported(criteria.getInputClass(), criteria.getOutputClass())) {
      throw new ModelNotFoundException(
          String.format(
              "%s turns an image into %s, not %s into %s",
              name,
              task.translators().getBaseOutputType().getSimpleName(),
              criteria.getInputClass().getSimpleName(),
              criteria.getOutputClass().getSimpleName()));
    }
    fetch(criteria.getProgress());
    Device device = criteria.getDevice() == null ? Device.cpu() : criteria.getDevice();
    TrainedModel<?> loaded = ModelCatalogue.loadAny(name, device);
    Map<String, Object> arguments =
        criteria.getArguments() == null ? Map.of() : criteria.getArguments();
    Model model = loaded.djlModel();
    try {
      VisionMambaBlockFactory.prepared(loaded, arguments);
      Translator<I, O> translator =
          factory.newInstance(
              criteria.getInputClass(), criteria.getOutputClass(), model, arguments);
      return new ZooModel<>(model, translator);
    } catch (TranslateException e) {
      model.close();
      throw new ModelNotFoundException(name + ": no translator: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** The caller's own translators, or this library's. */
  private TranslatorFactory translators(Criteria<?, ?> criteria) {
    return criteria.getTranslatorFactory() == null
        ? task.translators()
        : criteria.getTranslatorFactory();
  }

  @Override
  public <I, O> boolean isDownloaded(Criteria<I, O> criteria) throws IOException {
    Optional<CatalogueEntry> entry = ModelCatalogue.downloadable(name);
    return entry.isEmpty()
        || new Downloader(DownloadOptions.ofEnvironment()).cache().contains(entry.get());
  }

  @Override
  public <I, O> void downloadModel(Criteria<I, O> criteria, Progress progress) throws IOException {
    fetch(progress);
  }

  private void fetch(Progress progress) throws IOException {
    Optional<CatalogueEntry> entry = ModelCatalogue.downloadable(name);
    if (entry.isPresent()) {
      new Downloader(DownloadOptions.ofEnvironment())
          .fetch(entry.get(), new ProgressListener(progress));
    }
  }
}
