// error: has no member 'predictions'
import CoreML

func f(_ model: MLModel) {
    model.predictions()
}
