// The linear reservoir as a module in C++; configuration and behaviours as in C, but it throws.

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <stdexcept>
#include "interface.hpp"

static int alive = 0;

class Reservoir : public bmi::Bmi {
 public:
  Reservoir() { ++alive; }
#ifdef WITHOUT_DESTRUCTOR
  ~Reservoir() { --alive; }
#else
  ~Reservoir() override { --alive; }
#endif

  void Initialize(std::string path) override {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot open " + path);
    if (!(file >> k >> storage >> behaviour) || k <= 0) throw std::string("k has to be positive");
  }
  void Update() override {
    if (behaviour == "fails-at-5" && steps == 5) throw std::runtime_error("the reservoir burst");
    if (behaviour == "throws-a-number" && steps == 5) throw 42;
    Advance(3600);
    if (behaviour == "not-a-number" && steps == 4) outflow = std::numeric_limits<double>::quiet_NaN();
  }
  void UpdateUntil(double until) override {
    if (until < time) throw std::invalid_argument("time does not go back");
    Advance(until - time);
  }
  void Finalize() override {
    if (behaviour == "ends-badly") throw std::runtime_error("did not want to end");
  }

  std::string GetComponentName() override { return "reservoir"; }
  int GetInputItemCount() override { return 1; }
  int GetOutputItemCount() override { return 2; }
  std::vector<std::string> GetInputVarNames() override { return {"rain"}; }
  std::vector<std::string> GetOutputVarNames() override { return {"outflow", "a_storage_whose_name_is_longer_than_short_strings"}; }
  int GetVarGrid(std::string name) override { Find(name); return 0; }
  std::string GetVarType(std::string name) override { Find(name); return "double"; }
  std::string GetVarUnits(std::string name) override { Find(name); return name == "rain" ? "m h-1" : name == "k" ? "h" : "m"; }
  int GetVarItemsize(std::string name) override { Find(name); return 8; }
  int GetVarNbytes(std::string name) override { Find(name); return 8; }
  std::string GetVarLocation(std::string name) override { Find(name); return "node"; }
  double GetCurrentTime() override { return time; }
  double GetStartTime() override { return 0; }
  double GetEndTime() override { return 360000; }
  std::string GetTimeUnits() override { return "s"; }
  double GetTimeStep() override { return 3600; }
  void GetValue(std::string name, void *to) override { *static_cast<double *>(to) = *Find(name); }
  void *GetValuePtr(std::string name) override {
    if (behaviour == "tells-no-places") throw std::logic_error("not here");
    return Find(name);
  }
  void GetValueAtIndices(std::string, void *, int *, int) override { throw std::logic_error("not here"); }
  void SetValue(std::string name, void *from) override { *Find(name) = *static_cast<double *>(from); }
  void SetValueAtIndices(std::string, int *, int, void *) override { throw std::logic_error("not here"); }
  int GetGridRank(const int) override { return 0; }
  int GetGridSize(const int) override { return 1; }
  std::string GetGridType(const int) override { return "scalar"; }
  void GetGridShape(const int, int *) override {}
  void GetGridSpacing(const int, double *) override {}
  void GetGridOrigin(const int, double *) override {}
  void GetGridX(const int, double *) override {}
  void GetGridY(const int, double *) override {}
  void GetGridZ(const int, double *) override {}
  int GetGridNodeCount(const int) override { return 0; }
  int GetGridEdgeCount(const int) override { return 0; }
  int GetGridFaceCount(const int) override { return 0; }
  void GetGridEdgeNodes(const int, int *) override {}
  void GetGridFaceEdges(const int, int *) override {}
  void GetGridFaceNodes(const int, int *) override {}
  void GetGridNodesPerFace(const int, int *) override {}

 private:
  double *Find(const std::string &name) {
    if (name == "rain") return &rain;
    if (name == "outflow") return &outflow;
    if (name == "a_storage_whose_name_is_longer_than_short_strings") return &storage;
    if (name == "k") return &k;
    throw std::out_of_range("no variable " + name);
  }
  void Advance(double seconds) {
    double hours = seconds / 3600, full = rain * k, next = full + (storage - full) * std::exp(-hours / k);
    outflow = rain * hours - (next - storage);
    storage = next;
    time += seconds;
    ++steps;
  }
  double rain = 0, outflow = 0, storage = 0, k = 1, time = 0;
  int steps = 0;
  std::string behaviour;
};

#ifdef SHOWN_FUNCTIONS  // what is called by name, where all else is hidden
#pragma GCC visibility push(default)
#endif
extern "C" {
bmi::Bmi *bmi_model_create() { return new Reservoir; }
void bmi_model_destroy(bmi::Bmi *model) { delete static_cast<Reservoir *>(model); }
bmi::Bmi *create_nothing() { return nullptr; }
bmi::Bmi *create_thrown() { throw std::runtime_error("no memory for a reservoir"); }
int reservoirs_alive() { return alive; }
}

struct Other {
  virtual int Greet() { return 1; }
  virtual ~Other() {}
};
extern "C" Other *create_other() { return new Other; }
