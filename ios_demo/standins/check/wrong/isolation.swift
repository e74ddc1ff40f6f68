// error: main actor-isolated
import SwiftUI
import UIKit

func f() {
    UIApplication.shared.isIdleTimerDisabled = true
}
