// Lets functions with the calling conventions of C speak to modules in C++: fills a table of functions
// whose data is the module, and turns what a module throws into a status and a message.
//
// The order of the virtual functions is that of the Basic Model Interface 2.0 for C++. Its declaration came in
// two forms, with a virtual destructor before them and without; the caller says which one a module has.

#include <cstring>
#include <exception>
#include <string>
#include <vector>

// Not in the nameless namespace: a compiler that sees all descendants would call the empty functions themselves.
namespace dmod_bridge {

struct WithDestructor {
  virtual ~WithDestructor() {}
};
struct WithoutDestructor {};

template <class Root>
struct Model : Root {
  virtual void Initialize(std::string config_file) = 0;
  virtual void Update() = 0;
  virtual void UpdateUntil(double time) = 0;
  virtual void Finalize() = 0;
  virtual std::string GetComponentName() = 0;
  virtual int GetInputItemCount() = 0;
  virtual int GetOutputItemCount() = 0;
  virtual std::vector<std::string> GetInputVarNames() = 0;
  virtual std::vector<std::string> GetOutputVarNames() = 0;
  virtual int GetVarGrid(std::string name) = 0;
  virtual std::string GetVarType(std::string name) = 0;
  virtual std::string GetVarUnits(std::string name) = 0;
  virtual int GetVarItemsize(std::string name) = 0;
  virtual int GetVarNbytes(std::string name) = 0;
  virtual std::string GetVarLocation(std::string name) = 0;
  virtual double GetCurrentTime() = 0;
  virtual double GetStartTime() = 0;
  virtual double GetEndTime() = 0;
  virtual std::string GetTimeUnits() = 0;
  virtual double GetTimeStep() = 0;
  virtual void GetValue(std::string name, void *to) = 0;
  virtual void *GetValuePtr(std::string name) = 0;
  virtual void GetValueAtIndices(std::string name, void *to, int *places, int count) = 0;
  virtual void SetValue(std::string name, void *from) = 0;
  virtual void SetValueAtIndices(std::string name, int *places, int count, void *from) = 0;
  virtual int GetGridRank(const int grid) = 0;
  virtual int GetGridSize(const int grid) = 0;
  virtual std::string GetGridType(const int grid) = 0;
};

}  // namespace dmod_bridge

namespace {

using dmod_bridge::Model;
using dmod_bridge::WithDestructor;
using dmod_bridge::WithoutDestructor;

const int TEXT_BYTES = 2048;

thread_local std::string last_message;

// The table of a module in C; addresses of functions that are not named here stay null.
struct Table {
  void *data;
  void *functions[41];
};

template <class Act>
int guarded(Act act) {
  last_message.clear();
  try {
    act();
    return 0;
  } catch (const std::exception &error) {
    last_message = error.what();
  } catch (const std::string &text) {
    last_message = text;
  } catch (const char *text) {
    last_message = text;
  } catch (...) {
    last_message = "an exception that says nothing";
  }
  if (last_message.empty()) last_message = "an exception without a message";
  return 1;
}

void write(const std::string &text, char *to) {
  std::size_t size = text.size() < TEXT_BYTES ? text.size() : TEXT_BYTES - 1;
  std::memcpy(to, text.data(), size);
  to[size] = '\0';
}

void write(const std::vector<std::string> &texts, char **to) {
  for (std::size_t i = 0; i < texts.size(); ++i) write(texts[i], to[i]);
}

template <class M>
struct Functions {
  static M &of(Table *self) { return *static_cast<M *>(self->data); }

  static int initialize(Table *self, const char *file) { return guarded([&] { of(self).Initialize(file); }); }
  static int update(Table *self) { return guarded([&] { of(self).Update(); }); }
  static int update_until(Table *self, double time) { return guarded([&] { of(self).UpdateUntil(time); }); }
  static int finalize(Table *self) { return guarded([&] { of(self).Finalize(); }); }

  static int component_name(Table *self, char *to) { return guarded([&] { write(of(self).GetComponentName(), to); }); }
  static int input_count(Table *self, int *to) { return guarded([&] { *to = of(self).GetInputItemCount(); }); }
  static int output_count(Table *self, int *to) { return guarded([&] { *to = of(self).GetOutputItemCount(); }); }
  // as many names as there are counted, whatever the list says: the caller made room for those
  static std::vector<std::string> counted(std::vector<std::string> names, int count) {
    names.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return names;
  }
  static int input_names(Table *self, char **to) {
    return guarded([&] { write(counted(of(self).GetInputVarNames(), of(self).GetInputItemCount()), to); });
  }
  static int output_names(Table *self, char **to) {
    return guarded([&] { write(counted(of(self).GetOutputVarNames(), of(self).GetOutputItemCount()), to); });
  }

  static int var_grid(Table *self, const char *name, int *to) { return guarded([&] { *to = of(self).GetVarGrid(name); }); }
  static int var_type(Table *self, const char *name, char *to) { return guarded([&] { write(of(self).GetVarType(name), to); }); }
  static int var_units(Table *self, const char *name, char *to) { return guarded([&] { write(of(self).GetVarUnits(name), to); }); }
  static int var_itemsize(Table *self, const char *name, int *to) {
    return guarded([&] { *to = of(self).GetVarItemsize(name); });
  }
  static int var_nbytes(Table *self, const char *name, int *to) { return guarded([&] { *to = of(self).GetVarNbytes(name); }); }
  static int var_location(Table *self, const char *name, char *to) {
    return guarded([&] { write(of(self).GetVarLocation(name), to); });
  }

  static int current_time(Table *self, double *to) { return guarded([&] { *to = of(self).GetCurrentTime(); }); }
  static int start_time(Table *self, double *to) { return guarded([&] { *to = of(self).GetStartTime(); }); }
  static int end_time(Table *self, double *to) { return guarded([&] { *to = of(self).GetEndTime(); }); }
  static int time_units(Table *self, char *to) { return guarded([&] { write(of(self).GetTimeUnits(), to); }); }
  static int time_step(Table *self, double *to) { return guarded([&] { *to = of(self).GetTimeStep(); }); }

  static int get_value(Table *self, const char *name, void *to) { return guarded([&] { of(self).GetValue(name, to); }); }
  static int get_value_ptr(Table *self, const char *name, void **to) {
    return guarded([&] { *to = of(self).GetValuePtr(name); });
  }
  static int get_value_at_indices(Table *self, const char *name, void *to, int *places, int count) {
    return guarded([&] { of(self).GetValueAtIndices(name, to, places, count); });
  }
  static int set_value(Table *self, const char *name, void *from) { return guarded([&] { of(self).SetValue(name, from); }); }
  static int set_value_at_indices(Table *self, const char *name, int *places, int count, void *from) {
    return guarded([&] { of(self).SetValueAtIndices(name, places, count, from); });
  }

  static int grid_rank(Table *self, int grid, int *to) { return guarded([&] { *to = of(self).GetGridRank(grid); }); }
  static int grid_size(Table *self, int grid, int *to) { return guarded([&] { *to = of(self).GetGridSize(grid); }); }
  static int grid_type(Table *self, int grid, char *to) { return guarded([&] { write(of(self).GetGridType(grid), to); }); }

  static void fill(Table *table) {
    void *all[] = {
        (void *)initialize, (void *)update, (void *)update_until, (void *)finalize,
        (void *)component_name, (void *)input_count, (void *)output_count, (void *)input_names, (void *)output_names,
        (void *)var_grid, (void *)var_type, (void *)var_units, (void *)var_itemsize, (void *)var_nbytes,
        (void *)var_location,
        (void *)current_time, (void *)start_time, (void *)end_time, (void *)time_units, (void *)time_step,
        (void *)get_value, (void *)get_value_ptr, (void *)get_value_at_indices,
        (void *)set_value, (void *)set_value_at_indices,
        (void *)grid_rank, (void *)grid_size, (void *)grid_type};
    std::memcpy(table->functions, all, sizeof all);
  }
};

}  // namespace

extern "C" {

// Make a module; what it is made by may throw.
int dmod_bridge_create(void *(*create)(), void **object) {
  return guarded([&] { *object = create(); });
}

int dmod_bridge_destroy(void (*destroy)(void *), void *object) {
  return guarded([&] { destroy(object); });
}

// Fill the table of a module.
void dmod_bridge_fill(void *object, int has_destructor, void *table) {
  Table *filled = static_cast<Table *>(table);
  filled->data = object;
  if (has_destructor) {
    Functions<Model<WithDestructor>>::fill(filled);
  } else {
    Functions<Model<WithoutDestructor>>::fill(filled);
  }
}

// What the last call on this thread failed with.
const char *dmod_bridge_message() { return last_message.c_str(); }
}
