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
import ai.djl.translate.ArgumentsUtil;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Progress;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.download.DownloadOptions;
import dev.visionmamba.zoo.download.Downloader;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** Loads one model of {@link VisionMambaZoo} for a {@code Criteria}. */
final class VisionMambaModelLoader implements ModelLoader {
  private final String name;
  private final MRL mrl;

  /** The loader of a model by a name that {@link ModelCatalogue#load} takes. */
  VisionMambaModelLoader(Repository repository, String name) {
    this.name = name;
    this.mrl =
        MRL.model(
            repository,
            Application.CV.IMAGE_CLASSIFICATION,
            VisionMambaZoo.GROUP_ID,
            name,
            null,
            null);
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
              "%s turns an image into Classifications, not %s into %s",
              name,
              criteria.getInputClass().getSimpleName(),
              criteria.getOutputClass().getSimpleName()));
    }
    fetch(criteria.getProgress());
    Device device = criteria.getDevice() == null ? Device.cpu() : criteria.getDevice();
    ClassifierModel loaded = ModelCatalogue.load(name, device);
    Map<String, Object> arguments =
        criteria.getArguments() == null ? Map.of() : criteria.getArguments();
    Model model = loaded.djlModel();
    try {
      VisionMambaBlockFactory.prepared(
          loaded, ArgumentsUtil.booleanValue(arguments, "foldNorms", true));
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
  private static TranslatorFactory translators(Criteria<?, ?> criteria) {
    return criteria.getTranslatorFactory() == null
        ? new ClassificationTranslatorFactory()
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
