package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.annotations.Instance;
import java.util.List;

/** Some pictures of a data set for detection. */
final class DetectionSubset implements DetectionDataset {
  private final DetectionDataset data;
  private final Subset subset;

  DetectionSubset(DetectionDataset data, Subset subset) {
    this.data = data;
    this.subset = subset;
  }

  @Override
  public int count() {
    return subset.indices().length;
  }

  @Override
  public List<String> classNames() {
    return data.classNames();
  }

  @Override
  public DetectionExample example(int index) throws DataSetException {
    return data.example(subset.indices()[index]);
  }

  @Override
  public List<Instance> truths(int index, DetectionExample example) {
    return data.truths(subset.indices()[index], example);
  }

  @Override
  public long categoryId(int label) {
    return data.categoryId(label);
  }

  @Override
  public String identity() {
    return subset.identity();
  }
}
